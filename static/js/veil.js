// Draws the veil over the face again whenever the page is come back to.

export function veil(box) {
  window.addEventListener("pageshow", () => {
    box.checked = false
  })
}
