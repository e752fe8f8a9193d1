// Remembers the language of the code, and changes it without leaving the page.

const KEY = "code-language"

export function code(section) {
  const form = document.getElementById(section.dataset.form)
  const remembered = recall()
  if (remembered && !form.elements.code.value && current() !== remembered) choose(remembered)

  section.addEventListener("click", (event) => {
    const link = event.target.closest("[data-code]")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    remember(link.dataset.code)
    choose(link.dataset.code)
  })

  function choose(language) {
    if (!section.querySelector(`[data-code="${CSS.escape(language)}"]`)) return
    form.elements.code.value = language
    // The page follows the form: the server writes the code for its present state.
    form.dispatchEvent(new Event("change", { bubbles: true }))
  }

  function current() {
    return section.querySelector("[data-code][aria-current]")?.dataset.code
  }
}

// A browser may forbid keeping anything; then a choice lasts as long as the page.

function recall() {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

function remember(language) {
  try {
    localStorage.setItem(KEY, language)
  } catch {
    return
  }
}
