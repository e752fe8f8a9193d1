// Copies a text, and says on the button that it was done.

const TOLD_MS = 2000

export function copy(button) {
  if (!navigator.clipboard) return
  const name = button.textContent
  button.hidden = false
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.textContent = button.dataset.copied
    setTimeout(() => {
      button.textContent = name
    }, TOLD_MS)
  })
}
