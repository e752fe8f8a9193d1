// Folds the longer part of the outcome chooser on a small screen; open without a script.

const SMALL = "(max-width: 56rem)"

export function chooser(details, pick) {
  details.open = !matchMedia(SMALL).matches
  pick.addEventListener("click", () => {
    details.open = true
  })
}
