// Counts the seconds of a check down, by the clock and not by ticks.

export function countdown(element) {
  const value = element.querySelector("[data-countdown-value]")
  const end = performance.now() + Number(element.dataset.seconds) * 1000

  const timer = setInterval(tick, 250)

  function tick() {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    value.textContent = written(left)
    if (left === 0) clearInterval(timer)
  }
}

function written(left) {
  const two = (number) => String(number).padStart(2, "0")
  const minutes = Math.floor(left / 60)
  if (minutes < 60) return `${minutes}:${two(left % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(left % 60)}`
}
