// Draws the veil over the face again when the browser brings the page back as it was.

export function veil(box) {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) box.checked = false
  })
}
