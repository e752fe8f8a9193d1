// Copies a value, or the text of the element it names; the button is there only where the browser can.

const SHOWN_MS = 1500

export function copy(button) {
  if (!navigator.clipboard) return
  const label = button.textContent
  button.hidden = false
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value())
    button.textContent = button.dataset.copied
    setTimeout(() => (button.textContent = label), SHOWN_MS)
  })

  function value() {
    return button.dataset.copy ?? document.getElementById(button.dataset.copyFrom).textContent
  }
}
