// Turns single-key shortcuts off for those whom they get in the way (WCAG 2.1.4).

import { showKeyHints, singleKeysAreOn, turnSingleKeys } from "./keys.js"

export function singleKeys(button) {
  button.addEventListener("click", () => {
    turnSingleKeys(!singleKeysAreOn())
    show()
  })
  show()
  button.hidden = false

  function show() {
    button.textContent = singleKeysAreOn() ? button.dataset.on : button.dataset.off
    showKeyHints()
  }
}
