// Stands before the camera in place of a person: plays the part of what the page asks,
// blinks, sways, and is lit by the colour that the page shows, a little later.
// Called with a Puppet as JSON: see puppet.py.

(puppet) => {
  const FRAME_MS = 33
  const GAMMA = 2.2
  const GRAIN_SIDE = 256
  const [width, height] = puppet.size
  const turn = (name, seconds) => {
    const part = puppet.parts[name] ?? puppet.parts.LookFront
    const at = seconds % part.at(-1)[0]
    const next = part.findIndex(([moment]) => moment > at)
    const [from, before] = next ? part[next - 1] : [0, puppet.poses[0]]
    const [to, after] = part[next]
    return before.map((value, n) => value + ((after[n] - value) * (at - from)) / (to - from))
  }

  let pictures = []
  const load = () =>
    Promise.all(
      puppet.poses.map(async (_, n) => {
        const answer = await fetch(`${puppet.address}/${n}.jpg`)
        return createImageBitmap(await answer.blob())
      }),
    )

  let asked = ["", 0]
  const shown = [[0, ""]]
  const look = (now) => {
    const stage = document.querySelector("[data-stage]")
    const { stepKind, action, colour } = stage.dataset
    const key = stepKind === "action" && puppet.answers ? action : ""
    if (key !== asked[0]) asked = [key, now]
    if (colour !== shown.at(-1)[1]) shown.push([now, colour])
  }
  const lightAt = (now) => shown.findLast(([at]) => at <= now - puppet.delay)?.[1] ?? ""

  let pose = puppet.poses[0]
  let before = 0
  const move = (now) => {
    const wanted = turn(asked[0], now - asked[1])
    wanted[3] = Math.max(wanted[3], turn("blinks", now)[3])
    const most = puppet.fastest.map((speed) => speed * (now - before))
    pose = pose.map((value, n) => value + Math.min(Math.max(wanted[n] - value, -most[n]), most[n]))
    before = now
  }
  const distance = (other) => Math.hypot(...pose.map((value, n) => (value - other[n]) / puppet.steps[n]))
  const nearest = () => puppet.poses.reduce((best, other, n) => (distance(other) < distance(puppet.poses[best]) ? n : best), 0)

  const layer = () => Object.assign(document.createElement("canvas"), { width, height })
  const canvas = layer()
  const drawing = canvas.getContext("2d")
  const light = layer().getContext("2d")
  const grain = document.createElement("canvas")
  const near = light.createRadialGradient(width / 2, height * 0.35, height * 0.3, width / 2, height * 0.35, height * 0.5)
  near.addColorStop(0, "#000")
  near.addColorStop(1, "#0003")

  const sway = (context, now) => {
    const scale = height / 480
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.translate(width / 2 + scale * 2.5 * Math.sin(now * 1.1), height / 2 + scale * 2 * Math.sin(now * 0.83))
    context.rotate(0.014 * Math.sin(now * 0.9) + 0.005 * Math.sin(now * 2.3 + 1))
    // A little larger, so that no edge comes into the picture.
    context.scale(1.04, 1.04)
    context.translate(-width / 2, -height / 2)
  }
  const paint = (now) => {
    const picture = pictures[nearest()]
    sway(drawing, now)
    drawing.drawImage(picture, 0, 0, width, height)
    drawing.setTransform(1, 0, 0, 1, 0, 0)
    const colour = lightAt(now)
    if (colour && puppet.reflects) {
      const codes = [1, 3, 5].map((n) => Math.round(255 * (parseInt(colour.slice(n, n + 2), 16) / 255) ** GAMMA))
      light.globalCompositeOperation = "source-over"
      sway(light, now)
      light.drawImage(picture, 0, 0, width, height)
      light.setTransform(1, 0, 0, 1, 0, 0)
      light.globalCompositeOperation = "multiply"
      light.fillStyle = `rgb(${codes})`
      light.fillRect(0, 0, width, height)
      light.globalCompositeOperation = "destination-in"
      light.fillStyle = near
      light.fillRect(0, 0, width, height)
      drawing.globalCompositeOperation = "lighter"
      drawing.globalAlpha = (1 + puppet.reflects) ** (1 / GAMMA) - 1
      drawing.drawImage(light.canvas, 0, 0)
      drawing.globalCompositeOperation = "source-over"
    }
    drawing.globalAlpha = 0.04
    drawing.fillStyle = drawing.createPattern(grain, "repeat")
    const [x, y] = [Math.random(), Math.random()].map((share) => Math.floor(share * GRAIN_SIDE))
    drawing.translate(-x, -y)
    drawing.fillRect(0, 0, width + x, height + y)
    drawing.setTransform(1, 0, 0, 1, 0, 0)
    drawing.globalAlpha = 1
  }
  const makeGrain = () => {
    grain.width = grain.height = GRAIN_SIDE
    const context = grain.getContext("2d")
    const noise = context.createImageData(GRAIN_SIDE, GRAIN_SIDE)
    for (let n = 0; n < noise.data.length; n += 1) noise.data[n] = n % 4 === 3 ? 255 : Math.random() * 255
    context.putImageData(noise, 0, 0)
  }

  navigator.mediaDevices.getUserMedia = async () => {
    pictures = await load()
    makeGrain()
    setInterval(() => {
      const now = performance.now() / 1000
      look(now)
      move(now)
      paint(now)
    }, FRAME_MS)
    return canvas.captureStream(30)
  }
}
