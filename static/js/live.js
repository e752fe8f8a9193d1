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
      const page = await pageAt(address, latest.signal)
      if (!page) return
      swap(page)
      history.replaceState(null, "", address)
    } catch (error) {
      // Superseded, or the network is gone: the button still asks the server.
      if (error.name !== "AbortError") console.warn(error)
    }
  }
}

// Trusted types forbid scripts to parse markup; this way the browser itself does.
function pageAt(address, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("GET", address)
    request.responseType = "document"
    request.setRequestHeader("Accept", "text/html")
    request.onload = () => resolve(request.status === 200 ? request.response : null)
    request.onerror = () => reject(new TypeError("the server did not answer"))
    request.onabort = () => reject(signal.reason)
    signal.addEventListener("abort", () => request.abort())
    request.send()
  })
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
