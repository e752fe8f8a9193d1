// Opens the camera, and names each way in which that fails.

// Frames are posted small, but the photo is cut from one at full size.
const WANTED = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } }
const OLD_NAMES = {
  DevicesNotFoundError: "NotFoundError",
  PermissionDeniedError: "NotAllowedError",
  TrackStartError: "NotReadableError",
}
const APPS = /MicroMessenger|AlipayClient|DingTalk|Weibo|\bQQ\/|FBAN|FBAV|Instagram|\bLine\//i

export class NoCamera extends Error {
  constructor(name) {
    super(name)
    this.name = name
  }
}

export async function openCamera() {
  if (!window.isSecureContext) throw new NoCamera("insecure")
  if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera("no-api")
  try {
    return await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false })
  } catch (error) {
    if (error.name !== "OverconstrainedError") throw error
    return navigator.mediaDevices.getUserMedia({ video: true, audio: false })
  }
}

export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

export function failureOf(error) {
  const name = OLD_NAMES[error.name] ?? error.name
  if (name !== "NotAllowedError") return name
  // The only place where Chromium says which of three it was.
  if (/system/i.test(error.message)) return "system"
  return /dismissed/i.test(error.message) ? "dismissed" : name
}

export function factsOf(stream) {
  const [track] = stream.getVideoTracks()
  const { width, height, frameRate } = track.getSettings()
  return { label: track.label, width, height, frameRate }
}

export function insideAnApp() {
  return APPS.test(navigator.userAgent)
}
