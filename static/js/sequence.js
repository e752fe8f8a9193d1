// Turns the numbered selects into a storyboard: tap to append, move, remove, drag.

const SVG = "http://www.w3.org/2000/svg"

export function sequence(root) {
  const rows = root.querySelector("[data-sequence-rows]")
  const chips = root.querySelector("[data-sequence-chips]")
  const status = root.querySelector("[data-sequence-status]")
  const most = Number(root.dataset.most)
  const words = new Map([...chips.querySelectorAll("[data-action]")].map((chip) => [chip.dataset.action, chip.dataset.words]))
  let names = [...rows.querySelectorAll("select")].map((select) => select.value).filter(Boolean)
  let dragged = null

  chips.hidden = false
  rows.className = "storyboard"
  draw()

  chips.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-action]")
    if (!chip) return
    if (names.length >= most) {
      say(root.dataset.saidFull, {})
      return
    }
    names.push(chip.dataset.action)
    change("saidAdded", names.length - 1)
  })

  rows.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]")
    if (!tool || tool.getAttribute("aria-disabled") === "true") return
    const place = Number(tool.closest("[data-place]").dataset.place)
    if (tool.dataset.tool === "remove") remove(place)
    else move(place, place + (tool.dataset.tool === "up" ? -1 : 1), tool.dataset.tool)
  })

  rows.addEventListener("dragstart", (event) => {
    const frame = event.target.closest?.("[data-place]")
    if (!frame) return
    dragged = Number(frame.dataset.place)
    frame.dataset.dragged = ""
    event.dataTransfer.effectAllowed = "move"
  })
  rows.addEventListener("dragover", (event) => {
    if (dragged !== null) event.preventDefault()
  })
  rows.addEventListener("drop", (event) => {
    const frame = event.target.closest("[data-place]")
    if (dragged === null || !frame) return
    event.preventDefault()
    move(dragged, Number(frame.dataset.place))
  })
  rows.addEventListener("dragend", () => {
    dragged = null
    rows.querySelector("[data-dragged]")?.removeAttribute("data-dragged")
  })

  // Actions

  function move(from, to, tool) {
    if (from === to || to < 0 || to >= names.length) return
    const [name] = names.splice(from, 1)
    names.splice(to, 0, name)
    change("saidMoved", to, name)
    if (tool) focusTool(to, tool)
  }

  function remove(place) {
    const [name] = names.splice(place, 1)
    change("saidRemoved", place, name)
    if (names.length) focusTool(Math.min(place, names.length - 1), "remove")
    else chips.querySelector("button").focus()
  }

  function change(said, place, name = names[place]) {
    draw()
    say(root.dataset[said], { action: words.get(name) ?? name, place: place + 1, count: names.length })
    root.dispatchEvent(new Event("change", { bubbles: true }))
  }

  function focusTool(place, tool) {
    const frame = rows.children[place]
    const wanted = frame.querySelector(`[data-tool="${tool}"]`)
    const possible = wanted.getAttribute("aria-disabled") === "true" ? frame.querySelector('[data-tool]:not([aria-disabled="true"])') : wanted
    possible.focus()
  }

  // Drawing

  function draw() {
    if (names.length) rows.replaceChildren(...names.map(frame))
    else rows.replaceChildren(empty())
  }

  function frame(name, place) {
    const item = element("li", "frame")
    item.dataset.place = place
    item.draggable = true
    const input = element("input")
    input.type = "hidden"
    input.name = "actions"
    input.value = name
    const tools = element("span", "frame-tools")
    tools.append(tool("up", name, place, place === 0), tool("down", name, place, place === names.length - 1), tool("remove", name, place, false))
    item.append(input, text("frame-number", place + 1), drawing("head", `head-${name}`), text("frame-words", words.get(name) ?? name), text("frame-name", name), tools)
    return item
  }

  function tool(kind, name, place, off) {
    const button = element("button", "tool")
    button.type = "button"
    button.dataset.tool = kind
    if (off) button.setAttribute("aria-disabled", "true")
    const label = root.dataset[`label${kind[0].toUpperCase()}${kind.slice(1)}`]
    button.setAttribute("aria-label", fill(label, { action: words.get(name) ?? name, place: place + 1 }))
    button.append(drawing("icon", `icon-${kind}`))
    return button
  }

  function empty() {
    // An empty value says "no actions", where a missing one would ask for the usual ones.
    const item = element("li", "storyboard-empty")
    const input = element("input")
    input.type = "hidden"
    input.name = "actions"
    input.value = ""
    item.append(input, root.dataset.labelEmpty)
    return item
  }

  function say(sentence, values) {
    status.textContent = fill(sentence, values)
  }
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

function element(name, className) {
  const made = document.createElement(name)
  if (className) made.className = className
  return made
}

function text(className, content) {
  const span = element("span", className)
  span.textContent = content
  return span
}

function drawing(className, id) {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("class", className)
  svg.setAttribute("viewBox", className === "head" ? "0 0 48 48" : "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS(SVG, "use")
  use.setAttribute("href", `#${id}`)
  svg.append(use)
  return svg
}
