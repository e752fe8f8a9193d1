// Which key was pressed by itself, for those who have not turned single keys off.

const SETTING = "single-keys"

export function singleKeysAreOn() {
  try {
    return localStorage.getItem(SETTING) !== "off"
  } catch {
    return true
  }
}

export function turnSingleKeys(on) {
  try {
    localStorage.setItem(SETTING, on ? "on" : "off")
  } catch {
    // Storage is shut off: they stay on.
  }
}

// Empty for a key that belongs to somebody else: a field, a shortcut, a dialogue.
export function keyOf(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return ""
  if (event.ctrlKey || event.metaKey || event.altKey) return ""
  if (event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]")) return ""
  if (document.querySelector("dialog[open]")) return ""
  const isCharacter = event.key.length === 1
  return isCharacter && !singleKeysAreOn() ? "" : event.key.toLowerCase()
}

export function showKeyHints() {
  for (const hint of document.querySelectorAll("[data-key]")) hint.hidden = !singleKeysAreOn()
}
