// Turns the video into small pictures, unmirrored, a few a second; drops, never queues.

const MOST_UNDER_WAY = 3
// The server refuses a picture that more than three later ones have overtaken.
const FARTHEST_AHEAD = 3
const STILL = { shorter: 960, quality: 0.8 }
// The server takes no larger one, and would refuse the frame with it.
const MOST_BYTES = 400 * 1024
const LONGEST = 1280

export class Sampler {
  wantStill = false
  #video
  #size
  #about
  #send
  #pause
  #timer = null
  #running = false
  #underWay = new Set()
  #stillUnderWay = false
  #restsUntil = 0
  #seq = 0

  // *about* says what else was true when the picture was drawn; *send* takes it all.
  constructor(video, { size, about, send }) {
    this.#video = video
    this.#size = size
    this.#about = about
    this.#send = send
  }

  start(framesPerSecond) {
    this.#running = true
    this.pace(framesPerSecond)
    this.#tick()
  }

  pace(framesPerSecond) {
    this.#pause = 1000 / (framesPerSecond || 10)
  }

  // No picture for so long; then as before.
  rest(milliseconds) {
    this.#restsUntil = performance.now() + milliseconds
  }

  stop() {
    this.#running = false
    clearTimeout(this.#timer)
  }

  #tick() {
    if (!this.#running) return
    this.#timer = setTimeout(() => this.#tick(), this.#pause)
    if (this.#video.videoWidth && this.#mayTake()) this.#take()
  }

  #mayTake() {
    if (performance.now() < this.#restsUntil) return false
    const ahead = this.#seq - Math.min(this.#seq, ...this.#underWay)
    return this.#underWay.size < MOST_UNDER_WAY && ahead <= FARTHEST_AHEAD
  }

  async #take() {
    const seq = this.#seq++
    this.#underWay.add(seq)
    const still = this.wantStill && !this.#stillUnderWay
    if (still) this.#stillUnderWay = true
    try {
      const about = { seq, captured: performance.now(), ...this.#about() }
      const pictures = { frame: draw(this.#video, this.#size), still: still ? draw(this.#video, STILL) : null }
      const frame = await pictures.frame
      const big = await pictures.still
      if (frame && this.#running) await this.#send(big && big.size <= MOST_BYTES ? { ...about, frame, still: big } : { ...about, frame })
    } finally {
      this.#underWay.delete(seq)
      if (still) this.#stillUnderWay = false
    }
  }
}

function draw(video, { shorter, quality }) {
  const { videoWidth, videoHeight } = video
  const sides = [videoWidth, videoHeight]
  const scale = Math.min(1, shorter / Math.min(...sides), LONGEST / Math.max(...sides))
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(videoWidth * scale)
  canvas.height = Math.round(videoHeight * scale)
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality))
}
