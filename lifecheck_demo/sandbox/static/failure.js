// Tells why a run did not go on, what to do, and takes the focus.

import { insideAnApp } from "./camera.js"

const PERMISSION = new Set(["NotAllowedError", "SecurityError", "dismissed", "system"])
const OWN_WISH = new Set(["stopped", "hidden"])
// Nothing was wrong with the visitor's camera: no advice about apps.
const ELSEWHERE = new Set([...OWN_WISH, "connection", "gone", "too-many-runs", "camera-not-installed"])

export class Failure {
  #panel
  #words

  constructor(panel, words) {
    this.#panel = panel
    this.#words = words
  }

  show(name) {
    const known = `fail-${name}` in this.#words ? name : "other"
    this.#find("failure-name").textContent = this.#words[`fail-${known}`]
    this.#find("failure-remedy").textContent = this.#words[`remedy-${known}`]
    this.#find("failure-app").hidden = ELSEWHERE.has(known) || !insideAnApp()
    this.#find("report").value = PERMISSION.has(known) ? "203-permission" : OWN_WISH.has(known) ? "203-other" : "203-browser"
    this.#panel.dataset.failure = known
    this.#panel.hidden = false
    this.#panel.focus()
  }

  hide() {
    this.#panel.hidden = true
  }

  #find(name) {
    return this.#panel.querySelector(`[data-${name}]`)
  }
}
