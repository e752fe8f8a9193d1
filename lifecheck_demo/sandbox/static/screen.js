// Paints the whole screen in one colour, never faster than is safe to look at.

// WCAG 2.3.1 allows three flashes a second; half a second each way makes it one.
const SHORTEST_MS = 500

export class Screen {
  #stage
  #colour = ""
  #changedAt = -Infinity
  #waiting = null

  // The number of the colour that is really on the screen, and since when (ms).
  painted = { shown: 0, painted: 0 }

  constructor(stage) {
    this.#stage = stage
  }

  show(colour, number) {
    clearTimeout(this.#waiting)
    const wanted = colour ?? ""
    if (wanted === this.#colour) return
    const wait = this.#changedAt + SHORTEST_MS - performance.now()
    if (wait <= 0) this.#paint(wanted, number)
    else this.#waiting = setTimeout(() => this.#paint(wanted, number), wait)
  }

  // Ending is always allowed at once: it makes one change and then there is quiet.
  clear() {
    clearTimeout(this.#waiting)
    this.#paint("", 0)
    this.painted = { shown: 0, painted: 0 }
  }

  #paint(colour, number) {
    if (colour === this.#colour) return
    this.#colour = colour
    this.#changedAt = performance.now()
    this.#stage.dataset.colour = colour
    // The second frame begins when the first has been shown.
    requestAnimationFrame(() =>
      requestAnimationFrame((at) => {
        if (number && this.#colour === colour) this.painted = { shown: number, painted: at }
      }),
    )
  }
}
