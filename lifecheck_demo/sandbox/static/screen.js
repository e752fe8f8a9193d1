// Paints the whole screen in one colour, never faster than is safe to look at.

// WCAG 2.3.1 allows three flashes a second; half a second each way makes it one.
const SHORTEST_MS = 500
// After an end out of turn the next colour waits a whole second, for the same reason.
const CALM_MS = 1000
const COLOUR = /^#[0-9A-F]{6}$/

export class Screen {
  // What is on the screen for sure, by the server's number, and since when.
  painted = {}
  #stage
  #colour = ""
  #wanted = {}
  #earliest = 0
  #changed = -CALM_MS
  #waiting = null

  constructor(stage) {
    this.#stage = stage
  }

  // How long nothing may change yet after an end out of turn, in milliseconds.
  get quietFor() {
    return Math.max(0, this.#changed + CALM_MS - performance.now())
  }

  show(colour, id) {
    const wanted = COLOUR.test(colour ?? "") ? colour : ""
    if (wanted === this.#wanted.colour && id === this.#wanted.id) return
    this.#wanted = { colour: wanted, id }
    clearTimeout(this.#waiting)
    const wait = wanted === this.#colour ? 0 : this.#earliest - performance.now()
    if (wait > 0) this.#waiting = setTimeout(() => this.#paint(SHORTEST_MS), wait)
    else this.#paint(SHORTEST_MS)
  }

  // Going neutral is allowed at once: it makes one change, and then there is quiet.
  clear() {
    clearTimeout(this.#waiting)
    if (!this.#colour && !this.#wanted.colour) return
    if (this.#colour) this.painted = {}
    this.out()
  }

  // Nothing flashes from this moment on: the colour stays for the rest of its second,
  // since going out at once could be one change too many. Numbers begin anew.
  end() {
    clearTimeout(this.#waiting)
    this.#wanted = {}
    this.painted = {}
    if (this.#colour) this.#waiting = setTimeout(() => this.out(), this.quietFor)
  }

  out() {
    clearTimeout(this.#waiting)
    this.#wanted = {}
    this.#paint(CALM_MS)
  }

  #paint(quiet) {
    const wish = this.#wanted
    const colour = wish.colour ?? ""
    if (colour !== this.#colour) {
      this.#colour = colour
      this.#changed = performance.now()
      this.#earliest = performance.now() + quiet
      if (colour) document.documentElement.style.setProperty("--flash", colour)
      else document.documentElement.style.removeProperty("--flash")
      this.#stage.dataset.colour = colour
    }
    if (wish.id !== undefined) this.#report(wish)
  }

  // The first frame after the change is drawn when the second callback runs.
  #report(wish) {
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (this.#wanted === wish) this.painted = { shown: wish.id, painted: performance.now() }
      }),
    )
  }
}
