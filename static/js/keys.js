// Which key was pressed by itself, for those who have not turned single keys off.

const SETTING = "single-keys"
const ONE_YEAR = 365 * 24 * 3600

export function singleKeysAreOn() {
  return !document.cookie.split("; ").includes(`${SETTING}=off`)
}

// In a cookie: without any the demo forgets a check too.
export function turnSingleKeys(on) {
  document.cookie = `${SETTING}=${on ? "on" : "off"}; path=/; max-age=${ONE_YEAR}; samesite=lax`
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
