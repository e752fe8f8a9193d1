// Waits in the line for a place before the camera, and tells how long it will be.

import { NoAnswer } from "./server.js"

// So many questions in a row may be lost on their way.
const MOST_LOST = 3

export class Place {
  #server
  #tell
  #over = false
  #wake = () => {}

  // *tell* hears where one stands: `seconds`, `ahead`, whether the check is `too_late`.
  constructor(server, tell) {
    this.#server = server
    this.#tell = tell
  }

  // Comes to an end when the place is there (the answer says `yours`), when the check
  // cannot go on (an `error`), or after `leave` (nothing). Throws `NoAnswer`.
  async wait(now) {
    let lost = 0
    // Nobody is put before the camera who looks at something else.
    while (now.state !== "yours" || document.hidden) {
      if (now.error && now.error !== "no-place") return now
      this.#tell(now)
      await this.#pause(1000 * (now.again || 1))
      if (this.#over) return null
      try {
        now = await this.#server.place()
        lost = 0
      } catch (error) {
        if (!(error instanceof NoAnswer) || ++lost === MOST_LOST) throw error
      }
      if (this.#over) return null
    }
    return now
  }

  leave() {
    this.#over = true
    this.#wake()
  }

  #pause(milliseconds) {
    return new Promise((done) => {
      this.#wake = done
      setTimeout(done, milliseconds)
    })
  }
}
