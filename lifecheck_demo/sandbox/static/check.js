// The camera page: get ready, run, and then done or a named failure.

import { chooser } from "./chooser.js"
import { clock } from "./clock.js"
import { Failure } from "./failure.js"
import { Run } from "./run.js"
import { Screen } from "./screen.js"
import { Server } from "./server.js"
import { Stage } from "./stage.js"

const PERMISSION_HINT_MS = 20_000
const DONE_MS = 600

const find = (name) => document.querySelector(`[data-${name}]`)
const words = Object.fromEntries([...find("words").content.querySelectorAll("[data-key]")].map((word) => [word.dataset.key, word.textContent]))

const server = new Server(find("page").dataset)
const screen = new Screen(find("stage"))
const stage = new Stage(find("stage"), find("behind"), words)
const failure = new Failure(find("failure"), words)
let run = null
let hint = null

chooser(find("chooser"), find("pick"))
clock(find("clock"), reload)
if (find("ready")) {
  find("no-script").hidden = true
  find("ready").hidden = false
}
// Replaced, not added: back leads to where the visitor came from.
find("language").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  location.replace(event.currentTarget.href)
})
if (find("back")) {
  find("back").hidden = history.length < 2
  find("back").addEventListener("click", () => history.back())
}

find("start")?.addEventListener("click", start)
find("again").addEventListener("click", start)
find("consent")?.addEventListener("change", () => {
  if (find("consent").checked) find("consent-missing").hidden = true
})
find("stop-button").addEventListener("click", () => stop("stopped"))
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop("stopped")
})
document.addEventListener("visibilitychange", () => {
  // Before it has begun, the visitor may well be in the system's settings.
  if (document.hidden && run?.begun) stop("hidden")
})
window.addEventListener("pagehide", () => stop("hidden"))

function start() {
  if (run) return
  failure.hide()
  find("ready").hidden = false
  const consent = find("consent")
  find("consent-missing").hidden = consent.checked
  if (!consent.checked) return consent.focus()
  opens()
  run = new Run({ server, screen, video: find("video"), consent: consent.value, tell: { waits, opens, state, busy, done, closed: reload, failed } })
  run.start()
}

function opens() {
  stage.open()
  hint = setTimeout(() => stage.guide("waiting-permission"), PERMISSION_HINT_MS)
}

function waits(now) {
  clearTimeout(hint)
  stage.wait(now)
}

function stop(why) {
  run?.stop()
  if (run) failed(why)
}

function state(now) {
  clearTimeout(hint)
  stage.show(now)
}

function busy() {
  stage.guide("busy")
}

function done(redirect) {
  leave()
  stage.done()
  setTimeout(() => location.replace(redirect), DONE_MS)
}

function failed(name) {
  leave()
  // The page right after a colour could be one flash too many: first there is quiet.
  const quiet = screen.quietFor
  if (!quiet) return tell(name)
  stage.halt()
  setTimeout(() => tell(name), quiet)
}

function tell(name) {
  screen.out()
  stage.close()
  find("ready").hidden = true
  failure.show(name)
}

function leave() {
  clearTimeout(hint)
  run = null
}

function reload() {
  run?.stop()
  location.reload()
}
