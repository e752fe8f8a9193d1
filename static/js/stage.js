// Leads through the scenes of presenter mode by key, or by a presenter's remote control.

import { keyOf } from "./keys.js"

const PRESSED = {
  arrowright: "[data-stage-next]",
  pagedown: "[data-stage-next]",
  arrowleft: "[data-stage-back]",
  pageup: "[data-stage-back]",
  f: "[data-stage-face]",
  r: "[data-stage-reset]",
  p: "[data-stage-leave]",
}

export function stage(body) {
  body.querySelector("[data-stage-keys]").hidden = false

  document.addEventListener("keydown", (event) => {
    const key = keyOf(event)
    if (!key || scrolls(key)) return
    const choice = /^[1-9]$/.test(key) && `[data-stage-choice="${key}"]`
    const pressed = document.querySelector(PRESSED[key] ?? (choice || "[data-stage-none]"))
    if (!pressed) return
    event.preventDefault()
    pressed.click()
  })
}

// On a small screen a page is turned before a scene is.
function scrolls(key) {
  const { scrollTop, clientHeight, scrollHeight } = document.documentElement
  if (key === "pagedown") return scrollTop + clientHeight < scrollHeight - 2
  return key === "pageup" && scrollTop > 2
}
