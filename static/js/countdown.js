// Counts the seconds of a check down, by the clock and not by ticks.

export function countdown(element) {
  const value = element.querySelector("[data-countdown-value]")
  const end = performance.now() + Number(element.dataset.seconds) * 1000

  const timer = setInterval(tick, 250)

  function tick() {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    value.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
    if (left === 0) clearInterval(timer)
  }
}
