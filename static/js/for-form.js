// What the form does; what only other pages do is not fetched for it.

import { code } from "./code.js"
import { copy } from "./copy.js"
import { countdown } from "./countdown.js"
import { focusFirst } from "./focus-first.js"
import { gate } from "./gate.js"
import { live } from "./live.js"
import { once } from "./once.js"
import { preflight } from "./preflight.js"
import { remember } from "./remember.js"
import { sequence } from "./sequence.js"
import { singleKeys } from "./single-keys.js"
import { start } from "./start.js"
import { toStage } from "./to-stage.js"

start({
  code,
  copy,
  countdown,
  "focus-first": focusFirst,
  gate,
  live,
  once,
  preflight,
  remember,
  sequence,
  "single-keys": singleKeys,
  "to-stage": toStage,
})
