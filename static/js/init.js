// Starts each behaviour where the page asks for it by data-module.

import { askAgain } from "./ask-again.js"
import { awake } from "./awake.js"
import { code } from "./code.js"
import { copy } from "./copy.js"
import { countdown } from "./countdown.js"
import { focusFirst } from "./focus-first.js"
import { gate } from "./gate.js"
import { live } from "./live.js"
import { news } from "./news.js"
import { once } from "./once.js"
import { photo } from "./photo.js"
import { preflight } from "./preflight.js"
import { remember } from "./remember.js"
import { sequence } from "./sequence.js"
import { singleKeys } from "./single-keys.js"
import { stage } from "./stage.js"
import { toStage } from "./to-stage.js"
import { veil } from "./veil.js"

const MODULES = {
  "ask-again": askAgain,
  awake,
  code,
  copy,
  countdown,
  "focus-first": focusFirst,
  gate,
  live,
  news,
  once,
  photo,
  preflight,
  remember,
  sequence,
  "single-keys": singleKeys,
  stage,
  "to-stage": toStage,
  veil,
}

for (const element of document.querySelectorAll("[data-module]")) {
  for (const name of element.dataset.module.split(" ")) {
    try {
      MODULES[name](element)
    } catch (error) {
      // One broken behaviour must not stop the others: the page works without it.
      console.error(`${name} did not start`, error)
    }
  }
}
