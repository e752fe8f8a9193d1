// Looks at what the camera will need, and says what is in the way while it can be mended.

const APPS = /MicroMessenger|AlipayClient|DingTalk|Weibo|\bQQ\/|FBAN|FBAV|Instagram|\bLine\//i

export function preflight(panel) {
  // A camera page elsewhere has an origin, and a permission, of its own.
  const sameOrigin = "sameOrigin" in panel.dataset
  const secure = !sameOrigin || window.isSecureContext
  const api = !window.isSecureContext || Boolean(navigator.mediaDevices?.getUserMedia)

  tell("secure", secure ? "good" : "fault")
  if (secure) tell("api", api ? "good" : "fault")
  tell("app", APPS.test(navigator.userAgent) ? "caution" : "")
  look()
  navigator.mediaDevices?.addEventListener?.("devicechange", look)
  panel.closest("form").addEventListener("change", motion)
  motion()
  panel.hidden = false

  async function look() {
    if (!window.isSecureContext || !api) {
      tell("camera", "")
      tell("permission", "")
      return
    }
    try {
      const devices = await navigator.mediaDevices.enumerateDevices()
      const found = devices.some(({ kind }) => kind === "videoinput")
      tell("camera", found ? "good" : "fault")
      if (found && sameOrigin) await permission()
      else tell("permission", "")
    } catch {
      // Some browsers tell nothing before they are asked: then nothing is said.
      tell("camera", "")
      tell("permission", "")
    }
  }

  async function permission() {
    try {
      const status = await navigator.permissions.query({ name: "camera" })
      const said = () => tell("permission", { granted: "good", prompt: "caution", denied: "fault" }[status.state])
      said()
      status.onchange = said
    } catch {
      tell("permission", "caution")
    }
  }

  function motion() {
    const flashes = new FormData(panel.closest("form")).getAll("colors").some(Boolean)
    tell("motion", flashes && matchMedia("(prefers-reduced-motion: reduce)").matches ? "caution" : "")
  }

  function tell(name, state) {
    const row = panel.querySelector(`[data-row=${name}]`)
    row.dataset.state = state
    row.hidden = !state
    for (const words of row.querySelectorAll("[data-words]")) words.hidden = words.dataset.words !== state
  }
}
