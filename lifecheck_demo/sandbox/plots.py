"""A report's numbers as drawings: lines, bands, ticks in units of a viewBox; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Final

from .plan import LUMA, linear_light

# The viewBox, and where the curve may be in it.
WIDTH, HEIGHT = 360, 132
LEFT, RIGHT, TOP, BOTTOM = 34, 354, 20, 112
STRIP: Final = 9  # height of the colours that were shown

# What each plot is about: actions that it shows best, and the least range of its axis.
ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "yaw": ("LookLeft", "LookRight", "ShakeHead", "LookFront"),
    "pitch": ("LookUp", "LookDown", "NodHead", "LookFront"),
    "mouth": ("OpenMouth",),
    "eyes": ("BlinkEye",),
}
LEAST: Final = {
    "yaw": (-15.0, 15.0),
    "pitch": (-15.0, 15.0),
    "mouth": (0.0, 0.3),
    "eyes": (0.0, 0.45),
}
LIGHT_LEAST: Final = 1.5  # percent


@dataclass(frozen=True)
class Band:
    """A try at a step, from `x` on; `asked` when this plot is about its action."""

    x: float
    width: float
    number: int
    done: bool
    asked: bool


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    text: str


@dataclass(frozen=True)
class Swatch:
    """A colour on the screen, from `x` on."""

    x: float
    width: float
    colour: str


@dataclass(frozen=True)
class Plot:
    """One drawing. `low` and `high` are the extremes of the curve, in its own unit."""

    name: str
    lines: tuple[str, ...]
    bands: tuple[Band, ...] = ()
    bounds: tuple[float, ...] = ()
    rows: tuple[Tick, ...] = ()
    columns: tuple[Tick, ...] = ()
    low: float = 0.0
    high: float = 0.0
    screen: str = ""
    swatches: tuple[Swatch, ...] = ()


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)


def plots_of(report: dict[str, Any]) -> list[Plot]:
    """Yaw, pitch, mouth and eyes over the whole run; those never measured are left out."""
    names = [name for name in ABOUT if any(v is not None for v in report["series"][name])]
    return [_signal(report, name) for name in names]


def lights_of(report: dict[str, Any]) -> list[Plot]:
    """The light on the face against the screen's, a plot for each try of the flash."""
    return [
        _light(report, try_, n)
        for n, try_ in enumerate(report["light"])
        if len(try_["at"]) > 1
    ]


def telling_plot(report: dict[str, Any]) -> Plot | None:
    """The one that says most: the light, or what the asked actions moved, or the eyes."""
    plots = {plot.name: plot for plot in plots_of(report)}
    lights = lights_of(report)
    if lights or not plots:
        return lights[-1] if lights else None
    asked = {step["action"] for step in report["steps"] if step["kind"] == "action"}
    asked -= {"LookFront"}
    # The eyes where nothing was asked: they show that somebody lives.
    names = [*(["eyes"] if not asked else []), *plots]
    best = max(
        names, key=lambda name: (name in plots, sum(a in ABOUT[name] for a in asked))
    )
    return plots[best]


def _signal(report: dict[str, Any], name: str) -> Plot:
    series, neutral = report["series"], report["neutral"]
    rest = neutral[name] if neutral and name in ("yaw", "pitch") else 0.0
    values = [None if v is None else v - rest for v in series[name]]
    seen = [v for v in values if v is not None]
    least, most = LEAST[name]
    y = _Axis(min(least, *seen), max(most, *seen), BOTTOM, TOP)
    x = _Axis(0, max(report["seconds"], 1.0), LEFT, RIGHT)
    degrees = name in ("yaw", "pitch")
    return Plot(
        name,
        tuple(_lines(map(x, series["at"]), [None if v is None else y(v) for v in values])),
        bands=tuple(_bands(report["steps"], x, ABOUT[name])),
        bounds=tuple(y(v) for v in report["bounds"].get(name, ()) if y.low < v < y.high),
        rows=tuple(
            Tick(y(v), _written(v, "°" if degrees else "", signed=degrees))
            for v in _round_values(y.low, y.high)
        ),
        columns=_seconds(x),
        low=min(seen),
        high=max(seen),
    )


def _light(report: dict[str, Any], one: dict[str, list[float]], number: int) -> Plot:
    at, luma = one["at"], one["luma"]
    largest = max(LIGHT_LEAST, *(abs(v) for v in luma))
    y = _Axis(-largest, largest, BOTTOM, TOP + STRIP)
    x = _Axis(at[0], at[-1], LEFT, RIGHT)
    shown = _shown(report["paints"], at[0], at[-1])
    return Plot(
        f"light-{number}",
        tuple(_lines(map(x, at), [y(v) for v in luma])),
        rows=tuple(
            Tick(y(v), _written(v, " %", signed=True))
            for v in _round_values(-largest, largest)
        ),
        columns=_seconds(x),
        low=min(luma),
        high=max(luma),
        screen=_steps(shown, x, y, 0.8 * largest),
        swatches=tuple(
            Swatch(x(start), round(x(end) - x(start), 1), colour)
            for start, end, colour in shown
        ),
    )


def _shown(
    paints: Sequence[Sequence[Any]], start: float, end: float
) -> list[tuple[float, float, str]]:
    """From when to when each colour was on the screen, within *start* and *end*."""
    shown = []
    for (colour, since), following in zip(
        paints, [*paints[1:], ["", float("inf")]], strict=True
    ):
        begin, finish = max(since, start), min(following[1], end)
        if colour and finish > begin:
            shown.append((begin, finish, colour))
    return shown


def _steps(
    shown: Sequence[tuple[float, float, str]], x: _Axis, y: _Axis, high: float
) -> str:
    """The screen's light as a stair: black at the bottom, white at the top."""
    corners = []
    for start, end, colour in shown:
        level = y((2 * _light_of(colour) - 1) * high)
        corners += [(x(start), level), (x(end), level)]
    return "M" + "L".join(f"{a:g},{b:g}" for a, b in corners) if corners else ""


def _light_of(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 to 1."""
    return sum(
        share * light for share, light in zip(LUMA, linear_light(colour), strict=True)
    )


def _bands(steps: Sequence[dict[str, Any]], x: _Axis, about: Sequence[str]) -> list[Band]:
    return [
        Band(
            x(one["start"]),
            max(1.0, round(x(one["end"]) - x(one["start"]), 1)),
            number,
            one["done"],
            step["action"] in about or step["kind"] == "look",
        )
        for number, step in enumerate(steps)
        for one in step["tries"]
    ]


def _lines(xs: Iterable[float], ys: Sequence[float | None]) -> list[str]:
    """Unbroken stretches of a curve, each as a path."""
    lines, points = [], []
    for x, y in [*zip(xs, ys, strict=True), (0.0, None)]:
        if y is not None:
            points.append(f"{x:g},{y:g}")
        elif points:
            lines.append("M" + "L".join(points))
            points = []
    return lines


def _round_values(low: float, high: float) -> list[float]:
    """Three to five round numbers from *low* to *high*."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 50, 100):
        values = [
            round(n * step, 6) for n in range(ceil(low / step), floor(high / step) + 1)
        ]
        if len(values) <= 5:
            return values
    return [0.0]


def _written(value: float, unit: str, *, signed: bool) -> str:
    text = f"{value:+g}" if signed and value else f"{value:g}"
    return text.replace("-", "−") + unit


def _seconds(x: _Axis) -> tuple[Tick, ...]:
    """A few whole seconds along the time axis."""
    for step in (1, 2, 5, 10, 20, 30, 60):
        whole = range(ceil(x.low / step) * step, floor(x.high) + 1, step)
        if len(whole) <= 7:
            return tuple(Tick(x(second), f"{second} s") for second in whole)
    return ()
