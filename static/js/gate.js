// Asks before the screen flashes, with the version without flashing as the easy answer.

export function gate(form) {
  const dialog = document.querySelector("[data-gate-dialog]")
  if (typeof dialog.showModal !== "function") return
  let submitter = null

  hidePlain()
  form.addEventListener("change", hidePlain)
  new MutationObserver(hidePlain).observe(form, { childList: true, subtree: true })

  form.addEventListener("submit", (event) => {
    // A broken rule is told first: nothing is going to flash yet.
    if (!flashes() || form.dataset.gateAnswered || form.querySelector("[data-fault]")) return
    event.preventDefault()
    event.stopImmediatePropagation()
    submitter = event.submitter
    dialog.showModal()
  })

  dialog.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-gate-choice]")?.dataset.gateChoice
    if (!choice) return
    dialog.close()
    if (choice === "back") return
    answer(choice === "with" ? "flash_ok" : "without_flashing")
  })

  dialog.addEventListener("close", () => submitter?.focus())

  // A page that comes back from the browser's memory has to ask again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.gateAnswered
    for (const input of form.querySelectorAll("[data-gate-answer]")) input.remove()
  })

  function flashes() {
    return new FormData(form).getAll("colors").some(Boolean)
  }

  function answer(name) {
    const input = document.createElement("input")
    input.type = "hidden"
    input.name = name
    input.value = "1"
    input.dataset.gateAnswer = ""
    form.append(input)
    form.dataset.gateAnswered = "yes"
    form.requestSubmit(submitter)
  }

  function hidePlain() {
    for (const plain of form.querySelectorAll("[data-gate-plain]")) {
      plain.hidden = true
      for (const input of plain.querySelectorAll("input")) input.checked = false
    }
  }
}
