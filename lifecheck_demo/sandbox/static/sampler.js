// Turns the video into small pictures, unmirrored, a few a second; drops, never queues.

const LONG_SIDE = 320
const QUALITY = 0.8
const MOST_UNDER_WAY = 3

export class Sampler {
  #video
  #send
  #pause
  #timer = null
  #underWay = 0
  #seq = 0
  #canvas = document.createElement("canvas")

  constructor(video, send, framesPerSecond) {
    this.#video = video
    this.#send = send
    this.#pause = 1000 / framesPerSecond
  }

  pace(framesPerSecond) {
    const pause = 1000 / framesPerSecond
    if (pause === this.#pause || this.#timer === null) return
    this.#pause = pause
    clearInterval(this.#timer)
    this.start()
  }

  start() {
    this.#timer = setInterval(() => this.#take(), this.#pause)
  }

  stop() {
    clearInterval(this.#timer)
    this.#timer = null
  }

  async #take() {
    const { videoWidth: width, videoHeight: height } = this.#video
    if (!width || this.#underWay >= MOST_UNDER_WAY) return
    this.#underWay += 1
    try {
      const scale = Math.min(1, (LONG_SIDE * 2) / Math.max(width, height))
      this.#canvas.width = Math.round(width * scale)
      this.#canvas.height = Math.round(height * scale)
      this.#canvas.getContext("2d").drawImage(this.#video, 0, 0, this.#canvas.width, this.#canvas.height)
      const captured = performance.now()
      const seq = this.#seq++
      const picture = await new Promise((done) => this.#canvas.toBlob(done, "image/jpeg", QUALITY))
      if (picture && this.#timer !== null) await this.#send(seq, captured, picture)
    } finally {
      this.#underWay -= 1
    }
  }
}
