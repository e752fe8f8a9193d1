// Paints the whole screen in one colour, never faster than is safe to look at.

// WCAG 2.3.1 allows three flashes a second; half a second each way makes it one.
const SHORTEST_MS = 500

export class Screen {
  #stage
  #shown = ""
  #paintedAt = -Infinity
  #waiting = null

  constructor(stage) {
    this.#stage = stage
  }

  show(colour) {
    clearTimeout(this.#waiting)
    const wanted = colour ?? ""
    if (wanted === this.#shown) return
    const wait = this.#paintedAt + SHORTEST_MS - performance.now()
    if (wait <= 0) this.#paint(wanted)
    else this.#waiting = setTimeout(() => this.#paint(wanted), wait)
  }

  // Ending is always allowed at once: it makes one change and then there is quiet.
  clear() {
    clearTimeout(this.#waiting)
    this.#paint("")
  }

  #paint(colour) {
    if (colour === this.#shown) return
    this.#shown = colour
    this.#paintedAt = performance.now()
    this.#stage.dataset.colour = colour
  }
}
