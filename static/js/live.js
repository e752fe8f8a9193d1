// Shows what the server says to the choice while it is being made.

export function live(form) {
  let latest = null

  form.addEventListener("change", (event) => {
    if (event.target.name === "flash_ok") return
    refresh()
  })

  async function refresh() {
    latest?.abort()
    latest = new AbortController()
    const address = addressOf(form)
    try {
      const answer = await fetch(address, { signal: latest.signal, headers: { Accept: "text/html" } })
      if (!answer.ok) return
      const page = new DOMParser().parseFromString(await answer.text(), "text/html")
      swap(page)
      history.replaceState(null, "", address)
    } catch (error) {
      // Superseded, or the network is gone: the button still asks the server.
      if (error.name !== "AbortError") console.warn(error)
    }
  }
}

function addressOf(form) {
  const chosen = new FormData(form)
  const wishes = new URLSearchParams({
    colors: chosen.getAll("colors").filter(Boolean).join(","),
    actions: chosen.getAll("actions").filter(Boolean).join(","),
  })
  if (chosen.get("code")) wishes.set("code", chosen.get("code"))
  if (chosen.get("return_mode") === "mini-program") {
    wishes.set("return_mode", "mini-program")
    wishes.set("return_path", chosen.get("return_path"))
  }
  return `${form.getAttribute("action")}?${wishes}`
}

function swap(page) {
  const focused = document.activeElement
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id)
    // Left alone when equal, so that a screen reader says only what has changed.
    if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes)
  }
  // What had the focus may have been replaced by its like.
  if (focused.id && !focused.isConnected) document.getElementById(focused.id)?.focus()
  const language = page.querySelector(".languages a")
  if (language) document.querySelector(".languages a").href = language.getAttribute("href")
}
