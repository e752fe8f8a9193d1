// Speaks to the sandbox: place, begin, frame, stop; one answer each, or `NoAnswer`.

const PATIENCE_MS = 5000

export class NoAnswer extends Error {}

export class Server {
  #token
  #addresses

  constructor({ token, place, begin, frame, stop }) {
    this.#token = token
    this.#addresses = { place, begin, frame, stop }
  }

  // *consent* names the text that was agreed to.
  place() {
    return this.#post("place", {})
  }

  begin(camera, consent) {
    return this.#post("begin", { consent, camera: JSON.stringify(camera) })
  }

  frame(run, values) {
    return this.#post("frame", { run, ...values })
  }

  // Sent even while the page goes away; nobody waits for the answer.
  stop(run) {
    this.#post("stop", { run }, { keepalive: true }).catch(() => {})
  }

  async #post(name, values, options = {}) {
    const form = new FormData()
    form.append("token", this.#token)
    for (const [key, value] of Object.entries(values)) form.append(key, value)
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
    try {
      const answer = await fetch(this.#addresses[name], { method: "POST", body: form, signal: patience.signal, ...options })
      return await answer.json()
    } catch (error) {
      throw new NoAnswer("the sandbox did not answer", { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }
}
