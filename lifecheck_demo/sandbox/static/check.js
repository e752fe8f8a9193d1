// Leads a visitor through the camera run: ready, running, done, or a named failure.

import { factsOf, failureOf, openCamera } from "./camera.js"
import { clock } from "./clock.js"
import { Sampler } from "./sampler.js"
import { Screen } from "./screen.js"

const PATIENCE_MS = 5000
const PERMISSION_HINT_MS = 8000
const BROWSER_FAULTS = "203-browser"
const PERMISSION_FAULTS = "203-permission"

const page = document.querySelector("[data-page]")
const stage = document.querySelector("[data-stage]")
const find = (name) => document.querySelector(`[data-${name}]`)
const words = Object.fromEntries([...find("words").content.querySelectorAll("[data-key]")].map((word) => [word.dataset.key, word.textContent]))

const screen = new Screen(stage)
const video = find("video")
let run = null

clock(find("clock"))
if (find("ready")) find("ready").hidden = false
find("start")?.addEventListener("click", start)
find("again").addEventListener("click", start)
find("stop-button").addEventListener("click", () => stop("stopped"))
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop("stopped")
})
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stop("fail-hidden")
})

async function start() {
  if (run) return
  find("failure").hidden = true
  const agreed = find("consent").checked
  find("consent-missing").hidden = agreed
  if (!agreed) {
    find("consent").focus()
    return
  }
  const mine = (run = { id: null, stream: null, sampler: null })
  show()
  instruct("opening")
  const hint = setTimeout(() => instruct("waiting-permission"), PERMISSION_HINT_MS)
  try {
    const stream = await openCamera()
    if (run !== mine) {
      for (const track of stream.getTracks()) track.stop()
      return
    }
    mine.stream = stream
    stream.getVideoTracks()[0].addEventListener("ended", () => run === mine && fail("ended"))
    video.srcObject = stream
    await video.play()
    const begun = await post(page.dataset.begin, { consent: "1", camera: JSON.stringify(factsOf(stream)) })
    if (run !== mine) return
    if (begun.error) return fail(begun.error === "too-many-runs" ? begun.error : "connection")
    mine.id = begun.run
    follow(begun.now)
    mine.sampler = new Sampler(video, sendFrame(mine), begun.now.fps)
    mine.sampler.start()
  } catch (error) {
    if (run === mine) fail(error instanceof NoAnswer ? "connection" : failureOf(error))
  } finally {
    clearTimeout(hint)
  }
}

function sendFrame(mine) {
  let answeredAt = performance.now()
  let newest = -1
  return async (seq, captured, picture) => {
    try {
      const state = await post(page.dataset.frame, { run: mine.id, seq, captured, ...screen.painted, frame: picture })
      if (run !== mine) return
      answeredAt = performance.now()
      // Answers may overtake each other; only the newest counts.
      if (seq > newest && !state.error) {
        newest = seq
        follow(state)
      }
      if (state.error === "unknown" || state.error === "expired" || state.error === "finished") location.reload()
    } catch {
      if (run === mine && performance.now() - answeredAt > PATIENCE_MS) fail("connection")
    }
  }
}

function follow(state) {
  stage.dataset.state = state.state
  stage.dataset.stepKind = state.kind
  stage.dataset.action = state.action ?? ""
  stage.dataset.guidance = state.guidance ?? ""
  if (state.state === "done") {
    instruct("done")
    end()
    show()
    location.replace(state.redirect)
    return
  }
  instruct(state.kind === "flash" ? "flash" : (state.action ?? state.kind))
  say("guidance-words", state.guidance && state.guidance !== state.kind ? words[state.guidance] : "")
  find("seconds").textContent = state.seconds_left ? words.seconds.replace("{n}", state.seconds_left) : ""
  for (const [place, dot] of [...find("dots").children].entries()) dot.className = place < state.actions_done ? "done" : ""
  screen.show(state.colour, state.shown_id)
  if (state.fps) run.sampler?.pace(state.fps)
}

function stop(reason) {
  if (!run) return
  const { id } = run
  end()
  if (id) post(page.dataset.stop, { run: id }).catch(() => {})
  tell(words[reason], BROWSER_FAULTS)
}

function fail(name) {
  const sentence = words[`fail-${name}`] ?? words["fail-other"]
  end()
  tell(sentence, name === "NotAllowedError" ? PERMISSION_FAULTS : BROWSER_FAULTS)
}

function end() {
  screen.clear()
  run?.sampler?.stop()
  for (const track of run?.stream?.getTracks() ?? []) track.stop()
  video.srcObject = null
  run = null
  stage.hidden = true
  stage.dataset.state = "idle"
}

function show() {
  stage.hidden = false
  find("stop-button").focus()
}

function tell(sentence, outcome) {
  find("failure-words").textContent = sentence
  find("report").value = outcome
  find("failure").hidden = false
  find("failure").focus()
}

function instruct(key) {
  say("instruction", words[key])
}

function say(name, sentence) {
  const element = find(name)
  // Left alone when equal, so that a screen reader says only what has changed.
  if (element.textContent !== sentence) element.textContent = sentence
}

class NoAnswer extends Error {}

async function post(address, values) {
  const form = new FormData()
  form.append("token", page.dataset.token)
  for (const [name, value] of Object.entries(values)) form.append(name, value)
  try {
    const answer = await fetch(address, { method: "POST", body: form, signal: AbortSignal.timeout(PATIENCE_MS) })
    return await answer.json()
  } catch (error) {
    throw new NoAnswer("the sandbox did not answer", { cause: error })
  }
}
