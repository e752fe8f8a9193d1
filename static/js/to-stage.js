// Opens presenter mode with one key.

import { keyOf } from "./keys.js"

export function toStage(link) {
  document.addEventListener("keydown", (event) => {
    if (keyOf(event) === "p") link.click()
  })
}
