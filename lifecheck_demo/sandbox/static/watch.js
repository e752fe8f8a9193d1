// Notices a camera that stops giving a picture: pulled out, silent, or black.

const NO_PICTURE_MS = 5000
const BLACK_MS = 4000
const BLACKEST = 20
const WIDTH = 16
const HEIGHT = 12

export class Watch {
  #track
  #video
  #tell
  #timer
  #pictureAt = performance.now()
  #lightAt = performance.now()
  #canvas = document.createElement("canvas")
  #ended = () => this.#tell("ended")

  constructor(stream, video, tell) {
    this.#track = stream.getVideoTracks()[0]
    this.#video = video
    this.#tell = tell
    this.#canvas.width = WIDTH
    this.#canvas.height = HEIGHT
    this.#track.addEventListener("ended", this.#ended)
    this.#timer = setInterval(() => this.#look(), 500)
  }

  end() {
    clearInterval(this.#timer)
    this.#track.removeEventListener("ended", this.#ended)
  }

  #look() {
    const now = performance.now()
    if (!this.#track.muted && this.#video.videoWidth) this.#pictureAt = now
    if (now - this.#pictureAt > NO_PICTURE_MS) return this.#tell("no-picture")
    if (this.#pictureAt !== now || this.#hasLight) this.#lightAt = now
    if (now - this.#lightAt > BLACK_MS) this.#tell("black")
  }

  get #hasLight() {
    const drawing = this.#canvas.getContext("2d", { willReadFrequently: true })
    drawing.drawImage(this.#video, 0, 0, WIDTH, HEIGHT)
    const { data } = drawing.getImageData(0, 0, WIDTH, HEIGHT)
    return data.some((value, place) => place % 4 !== 3 && value > BLACKEST)
  }
}
