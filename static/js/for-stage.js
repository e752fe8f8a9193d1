// What the scenes of presenter mode do.

import { askAgain } from "./ask-again.js"
import { awake } from "./awake.js"
import { countdown } from "./countdown.js"
import { gate } from "./gate.js"
import { news } from "./news.js"
import { once } from "./once.js"
import { photo } from "./photo.js"
import { preflight } from "./preflight.js"
import { singleKeys } from "./single-keys.js"
import { stage } from "./stage.js"
import { start } from "./start.js"
import { veil } from "./veil.js"

start({
  "ask-again": askAgain,
  awake,
  countdown,
  gate,
  news,
  once,
  photo,
  preflight,
  "single-keys": singleKeys,
  stage,
  veil,
})
