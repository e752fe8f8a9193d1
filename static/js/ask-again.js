// Presses "Check again" after the pause the page has announced.

export function askAgain(form) {
  const pause = Number(form.dataset.pause)
  if (!pause) return
  setTimeout(() => form.requestSubmit(), pause * 1000)
}
