// Starts each behaviour where the page asks for it by data-module.

export function start(modules) {
  for (const element of document.querySelectorAll("[data-module]")) {
    for (const name of element.dataset.module.split(" ")) {
      try {
        modules[name](element)
      } catch (error) {
        // One broken behaviour must not stop the others: the page works without it.
        console.error(`${name} did not start`, error)
      }
    }
  }
}
