// Keeps a drawer as open or shut as it was left, on every page that has it.

export function remember(drawer) {
  const key = `drawer-${drawer.dataset.remember}`
  try {
    drawer.open = localStorage.getItem(key) === "open"
  } catch {
    // Storage is shut off: the drawer works, and forgets.
    return
  }
  drawer.addEventListener("toggle", () => localStorage.setItem(key, drawer.open ? "open" : "shut"))
}
