// Keeps the screen on while something is shown to an audience.

export function awake() {
  if (!navigator.wakeLock) return
  hold()
  // The lock is lost with the page out of sight.
  document.addEventListener("visibilitychange", hold)

  async function hold() {
    if (document.visibilityState !== "visible") return
    try {
      await navigator.wakeLock.request("screen")
    } catch {
      // Not with a low battery, or not for this site: the screen keeps its own habits.
    }
  }
}
