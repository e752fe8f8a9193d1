// What every page but the form and the stage does.

import { askAgain } from "./ask-again.js"
import { copy } from "./copy.js"
import { countdown } from "./countdown.js"
import { gate } from "./gate.js"
import { news } from "./news.js"
import { once } from "./once.js"
import { photo } from "./photo.js"
import { remember } from "./remember.js"
import { singleKeys } from "./single-keys.js"
import { start } from "./start.js"
import { toStage } from "./to-stage.js"
import { veil } from "./veil.js"

start({
  "ask-again": askAgain,
  copy,
  countdown,
  gate,
  news,
  once,
  photo,
  remember,
  "single-keys": singleKeys,
  "to-stage": toStage,
  veil,
})
