// One run: a place and the camera, pictures out and states back, until it is over.

import { closeCamera, factsOf, failureOf, openCamera } from "./camera.js"
import { Place } from "./place.js"
import { Sampler } from "./sampler.js"
import { NoAnswer } from "./server.js"
import { Watch } from "./watch.js"

const PATIENCE_MS = 5000
// Small enough to be posted ten times a second; a larger still is sent when it is asked for.
const SMALL = { shorter: 240, quality: 0.7 }
// The check itself is no longer open: the server has a page that says so.
const CLOSED = new Set(["unknown", "expired", "finished"])
// Time for the answer that ended it, when one that comes after has overtaken it.
const GRACE_MS = 500

export class Run {
  #server
  #screen
  #video
  #consent
  #tell
  #over = false
  #id = null
  #place = null
  #stream = null
  #watch = null
  #sampler = null
  #patience = null
  #newest = -1

  // *tell* has `waits`, `opens`, `state`, `busy`, `done`, `closed` and `failed`: what the
  // page does about each.
  constructor({ server, screen, video, consent, tell }) {
    this.#server = server
    this.#screen = screen
    this.#video = video
    this.#consent = consent
    this.#tell = tell
  }

  get begun() {
    return this.#id !== null
  }

  async start() {
    try {
      let begun = await this.#begin()
      while (begun?.error === "no-place" && !this.#over) begun = await this.#beginLater(begun)
      if (this.#over) return begun && this.#server.stop(begun.run ?? "")
      if (begun.error) return this.#refused(begun.error)
      this.#id = begun.run
      this.#sampler = new Sampler(this.#video, {
        size: SMALL,
        about: () => this.#screen.painted,
        send: (values) => this.#send(values),
      })
      this.#follow(begun.now)
      this.#sampler.start(begun.now.fps)
      this.#wait()
    } catch (error) {
      this.#fail(error instanceof NoAnswer ? "connection" : failureOf(error))
    }
  }

  stop() {
    const began = this.#id || this.#place
    const id = this.#id ?? ""
    this.#end()
    if (began) this.#server.stop(id)
  }

  // The camera opens, then a run is asked for: what the server says, or nothing when it
  // was over meanwhile.
  async #begin() {
    const stream = await openCamera()
    if (this.#over) return closeCamera(stream)
    this.#stream = stream
    this.#watch = new Watch(stream, this.#video, (name) => this.#fail(name))
    this.#video.srcObject = stream
    // Refused in a power-saving mode; a picture that never comes is noticed by the watch.
    this.#video.play().catch(() => {})
    await firstPicture(this.#video)
    return this.#over ? undefined : this.#server.begin(factsOf(stream), this.#consent)
  }

  // Nobody is filmed while waiting; that the camera can be opened is known by now.
  async #beginLater(now) {
    this.#closeCamera()
    this.#place = new Place(this.#server, (now) => this.#tell.waits(now))
    const turn = await this.#place.wait(now)
    this.#place = null
    if (this.#over || turn.error) return turn
    this.#tell.opens()
    return this.#begin()
  }

  #closeCamera() {
    this.#watch?.end()
    closeCamera(this.#stream)
    this.#video.srcObject = null
  }

  async #send(values) {
    try {
      const state = await this.#server.frame(this.#id, values)
      if (this.#over) return
      if (state.error === "busy") return this.#rest(state.retry_after)
      if (state.error) return this.#refused(state.error)
      this.#wait()
      // Answers may overtake each other; only the newest counts.
      if (values.seq < this.#newest) return
      this.#newest = values.seq
      this.#follow(state)
    } catch (error) {
      // The next picture tries again, and `#wait` ends it when none gets through.
      if (!(error instanceof NoAnswer)) throw error
    }
  }

  #follow(state) {
    if (state.state === "over") return this.#fail("gone")
    if (state.state === "done") {
      this.#end()
      return this.#tell.done(state.redirect)
    }
    // A lost face ends the light at once, before the server has made up its mind.
    const lost = state.kind === "flash" && state.guidance === "no-face"
    if (lost) this.#screen.clear()
    if (!lost || !state.colour) this.#screen.show(state.colour, state.shown_id)
    this.#sampler.pace(state.fps)
    this.#sampler.wantStill = Boolean(state.want_still)
    this.#tell.state(state)
  }

  #refused(error) {
    if (CLOSED.has(error)) setTimeout(() => this.#close(), GRACE_MS)
    else if (error === "no-such-run") this.#fail("gone")
    else if (!this.#id || error === "camera-not-installed") this.#fail(error)
    // Any other refusal concerns one picture only.
  }

  // An answer all the same: the sandbox judges others and says when to come again.
  #rest(seconds) {
    this.#wait()
    this.#sampler.rest(1000 * seconds)
    this.#tell.busy()
  }

  #close() {
    if (this.#over) return
    this.#end()
    this.#tell.closed()
  }

  #wait() {
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => this.#fail("connection"), PATIENCE_MS)
  }

  #fail(name) {
    if (this.#over) return
    this.stop()
    this.#tell.failed(name)
  }

  #end() {
    this.#over = true
    this.#screen.end()
    clearTimeout(this.#patience)
    this.#sampler?.stop()
    this.#place?.leave()
    this.#closeCamera()
  }
}

function firstPicture(video) {
  if (video.videoWidth) return Promise.resolve()
  return new Promise((done) => video.addEventListener("loadeddata", done, { once: true }))
}
