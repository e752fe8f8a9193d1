// Takes the reader to what needs attention when the page has loaded.

export function focusFirst(element) {
  element.focus({ preventScroll: false })
}
