"""Plots as pure numbers: where lines break, what is shaded, and that all is inside."""

import re
from random import Random
from typing import Any

import pytest

from lifecheck_demo.sandbox import plots


def report(**changes: Any) -> dict[str, Any]:
    """A small report, of a turn to the left and a blink."""
    return {
        "seconds": 4.0,
        "neutral": {"yaw": 2.0, "pitch": -6.0, "mouth": 0.02, "eyes": 0.33},
        "bounds": {"yaw": [9.0, -9.0]},
        "steps": [
            {"kind": "settle", "action": "", "done": True, "tries": []},
            {
                "kind": "action",
                "action": "LookLeft",
                "done": True,
                "tries": [
                    {"start": 1.0, "end": 2.0, "done": False, "wrong": "LookRight"},
                    {"start": 2.0, "end": 4.0, "done": True, "wrong": ""},
                ],
            },
        ],
        "paints": [],
        "light": [],
        "series": {
            "at": [0.0, 1.0, 2.0, 3.0, 4.0],
            "yaw": [2.0, 2.0, None, 20.0, 2.0],
            "pitch": [-6.0] * 5,
            "mouth": [0.02] * 5,
            "eyes": [None] * 5,
        },
        **changes,
    }


def points(path: str) -> list[tuple[float, float]]:
    """The corners of a path."""
    pairs = [pair.split(",") for pair in re.findall(r"[\d.]+,[\d.]+", path)]
    return [(float(x), float(y)) for x, y in pairs]


def test_a_curve_breaks_where_there_was_no_face() -> None:
    """Nothing is drawn that was not measured."""
    yaw = plots.plots_of(report())[0]

    assert [len(points(line)) for line in yaw.lines] == [2, 2]


def test_angles_count_from_the_pose_at_rest() -> None:
    """Two degrees at rest are drawn as none, and said so."""
    yaw = plots.plots_of(report())[0]

    assert (yaw.low, yaw.high) == (0.0, 18.0)


def test_what_was_never_measured_has_no_plot() -> None:
    """Eyes are measured in some steps only."""
    assert [plot.name for plot in plots.plots_of(report())] == ["yaw", "pitch", "mouth"]


def test_each_try_is_a_band_under_its_steps_number() -> None:
    """Coloured in the plot that the step is about."""
    yaw, _, mouth = plots.plots_of(report())

    assert [(band.number, band.done, band.asked) for band in yaw.bands] == [
        (1, False, True),
        (1, True, True),
    ]
    assert not any(band.asked for band in mouth.bands)


def test_the_screens_stair_lies_between_black_and_white() -> None:
    """White above, black below, each for as long as it was shown within the try."""
    paints = [["", 0.0], ["#FFFFFF", 1.0], ["#000000", 2.0], ["", 3.5]]
    light = [{"at": [1.5, 1.8, 2.0, 3.0], "luma": [0.0, 2.0, -2.0, -1.0]}]
    plot = plots.lights_of(report(paints=paints, light=light))[0]
    stair = points(plot.screen)

    assert [swatch.colour for swatch in plot.swatches] == ["#FFFFFF", "#000000"]
    assert stair[0][1] == stair[1][1] < stair[2][1] == stair[3][1]
    assert (stair[0][0], stair[3][0]) == (plots.LEFT, plots.RIGHT)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_drawn_outside_of_the_picture(seed: int) -> None:
    """Whatever was measured: large turns, no motion, one frame, very long runs."""
    random = Random(seed)
    count, seconds = random.choice([1, 2, 40, 600]), random.choice([0.0, 3.0, 300.0])
    at = sorted(random.uniform(0, seconds) for _ in range(count))

    def wild(size: float) -> list[float | None]:
        return [random.choice([None, random.gauss(0, size)]) for _ in at]

    series = {"at": at, "yaw": wild(40), "pitch": wild(1), "mouth": wild(0.2)}
    series["eyes"] = wild(1e-6)
    luma = [random.gauss(0, 5) for _ in at]
    paints = [[random.choice(["#FFFFFF", "#3B3C04", ""]), t] for t in at]
    made = report(
        seconds=seconds,
        series=series,
        paints=paints,
        light=[{"at": at, "luma": luma}],
        steps=[],
    )

    for plot in [*plots.plots_of(made), *plots.lights_of(made)]:
        drawn = [point for line in (*plot.lines, plot.screen) for point in points(line)]
        assert all(plots.LEFT <= x <= plots.RIGHT for x, _ in drawn)
        assert all(plots.TOP <= y <= plots.BOTTOM for _, y in drawn)
        assert len(plot.rows) <= 5
        assert len(plot.columns) <= 7


@pytest.mark.parametrize(
    ("action", "name"),
    [("LookLeft", "yaw"), ("NodHead", "pitch"), ("OpenMouth", "mouth"), ("", "yaw")],
)
def test_the_picture_shows_the_plot_that_tells_most(action: str, name: str) -> None:
    """That of the asked actions; without any, the eyes, or else the first there is."""
    step = {"kind": "action", "action": action, "done": True, "tries": []}
    made = report(steps=[step] if action else [])

    plot = plots.telling_plot(made)

    assert plot
    assert plot.name == name
