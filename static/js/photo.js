// Says so when the face photo cannot be shown, in place of a broken picture.

export function photo(image) {
  if (image.complete && !image.naturalWidth) replace()
  else image.addEventListener("error", replace)

  function replace() {
    const note = document.createElement("p")
    note.className = "portrait-missing"
    note.textContent = image.dataset.missing
    image.replaceWith(note)
  }
}
