// Sends a form once, however often its button is pressed: a call may be billed.

export function once(form) {
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    form.dataset.sent = "yes"
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true")
  })

  window.addEventListener("pageshow", () => {
    delete form.dataset.sent
    for (const button of form.querySelectorAll("button[aria-disabled]")) {
      if (!button.dataset.tool) button.removeAttribute("aria-disabled")
    }
  })
}
