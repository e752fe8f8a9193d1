// Watches for the phone: says when it has opened the check, shows the result when it is back.

const PAUSE_MS = 1000

export function news(section) {
  const status = section.querySelector("[data-news-status]")
  ask()

  async function ask() {
    try {
      const answer = await fetch(section.dataset.news, { headers: { Accept: "application/json" } })
      if (answer.ok) {
        const { opened, back } = await answer.json()
        if (back) return location.assign(section.dataset.result)
        if (opened) status.textContent = status.dataset.opened
      }
    } catch (error) {
      // The network comes back, or the person presses the button.
      console.warn(error)
    }
    setTimeout(ask, PAUSE_MS)
  }
}
