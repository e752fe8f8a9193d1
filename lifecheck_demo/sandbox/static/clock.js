// Counts the minutes of the token down, by the clock and not by ticks.

const TICK_MS = 250

export function clock(element, over) {
  const end = performance.now() + Number(element.dataset.clock) * 1000
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    element.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
    if (left > 0) return
    clearInterval(timer)
    over()
  }, TICK_MS)
}
