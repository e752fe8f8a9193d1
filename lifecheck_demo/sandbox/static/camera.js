// Opens the camera, and names the ways in which that fails.

const WANTED = { video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 } }, audio: false }
const OLD_NAMES = {
  DevicesNotFoundError: "NotFoundError",
  PermissionDeniedError: "NotAllowedError",
  TrackStartError: "NotReadableError",
}

export async function openCamera() {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera API", "no-api")
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED)
  } catch (error) {
    if (error.name !== "OverconstrainedError") throw error
    return navigator.mediaDevices.getUserMedia({ video: true, audio: false })
  }
}

export function failureOf(error) {
  return OLD_NAMES[error.name] ?? error.name
}

export function factsOf(stream) {
  const track = stream.getVideoTracks()[0]
  const { width, height, frameRate } = track.getSettings()
  return { label: track.label, width, height, frameRate }
}
