// Shows where a run stands: one instruction, one line of guidance, progress, seconds.

const HEADS = "#head-"
// Seconds of waiting are told in these steps.
const STEP = 5

export class Stage {
  #stage
  #behind
  #words

  constructor(stage, behind, words) {
    this.#stage = stage
    this.#behind = behind
    this.#words = words
  }

  open() {
    this.#stage.hidden = false
    this.#behind.inert = true
    document.documentElement.dataset.running = ""
    this.#find("stop-button").focus()
    this.#mark({ state: "opening" })
    this.#instruct("opening")
    this.guide("allow")
    this.#say("seconds", "")
    this.#progress(-1)
  }

  // In the line: about how long, and what to do meanwhile.
  wait({ state, seconds, ahead, too_late }) {
    const full = state === "full"
    this.#mark({ state: "waiting" })
    // In steps, so that a screen reader is not told every second.
    this.#instruct(full ? "line-full" : "line", "", STEP * Math.max(1, Math.ceil(seconds / STEP)))
    if (full) this.guide("line-full-again", ahead)
    else this.guide(too_late ? "line-late" : ahead ? "line-ahead" : "line-next", ahead)
  }

  close() {
    this.#stage.hidden = true
    this.#behind.inert = false
    delete document.documentElement.dataset.running
    this.#mark({ state: "idle" })
    this.#instruct("")
    this.guide("")
  }

  halt() {
    this.#mark({ state: "halted" })
    this.#instruct("fail-stopped")
    this.guide("")
    this.#say("seconds", "")
  }

  done() {
    this.#mark({ state: "done" })
    this.#instruct("done")
    this.guide("")
    this.#say("seconds", "")
    this.#progress(Infinity)
    this.#find("stop-button").hidden = true
  }

  show(state) {
    this.#mark(state)
    this.#instruct(state.kind === "flash" ? "flash" : (state.action ?? state.kind), state.kind === "action" ? state.action : "")
    this.guide(state.guidance)
    this.#say("seconds", state.seconds_left ? this.#words.seconds.replace("{n}", state.seconds_left) : "")
    this.#progress(state.actions_done, Boolean(state.action))
  }

  guide(key, n = "") {
    const sentence = (this.#words[key] ?? "").replace("{n}", n)
    this.#say("guidance-words", sentence === this.#find("instruction").textContent ? "" : sentence)
  }

  #mark({ state, kind = "", action = "", guidance = "" }) {
    Object.assign(this.#stage.dataset, { state, stepKind: kind, action: action ?? "", guidance: guidance ?? "" })
  }

  #instruct(key, pose = "", n = "") {
    this.#say("instruction", (this.#words[key] ?? "").replace("{n}", n))
    const drawing = this.#find("pose")
    drawing.toggleAttribute("hidden", !pose)
    if (pose) drawing.firstElementChild.setAttribute("href", HEADS + pose)
  }

  #progress(done, acting = false) {
    for (const [place, dot] of [...this.#find("dots").children].entries()) {
      dot.className = place < done ? "done" : place === done && acting ? "now" : ""
    }
  }

  #find(name) {
    return this.#stage.querySelector(`[data-${name}]`)
  }

  #say(name, sentence) {
    const element = this.#find(name)
    // Left alone when equal, so that a screen reader says only what has changed.
    if (element.textContent !== sentence) element.textContent = sentence
  }
}
