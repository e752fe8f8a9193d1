"""Whole runs of a made-up face: who passes, who does not, and the reason told."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from math import sin
from random import Random

import pytest
from actor import OTHER, PARTS, Actor, Pose, Run, perform, ramp, still

from lifecheck_demo.sandbox.judge import (
    CameraFacts,
    Guidance,
    Measurement,
    Reason,
    Verdict,
    judge,
)
from lifecheck_demo.sandbox.judge.follow import follow
from lifecheck_demo.sandbox.plan import Plan, draw_plan

WHITE_AND_BLACK = ("#FFFFFF", "#000000")
FOUR = ("#FFFFFF", "#D8D6FF", "#000000", "#060D3C")


def verdict_of(run: Run, camera: CameraFacts | None = None) -> Verdict:
    return judge(
        run.plan, run.samples, run.paints, camera or CameraFacts(), random=Random(1)
    )


def plan_for(colours=(), actions=(), seed=3) -> Plan:
    return draw_plan(colours, actions, Random(seed))


def acting(**parts: Callable[[float], Pose]) -> Actor:
    actor = Actor()
    actor.parts.update(parts)
    return actor


@pytest.mark.parametrize(
    ("colours", "actions"),
    [
        ((), ()),
        ((), tuple(PARTS)),
        (WHITE_AND_BLACK, ()),
        (FOUR, ("LookFront", "LookLeft", "OpenMouth")),
        (FOUR, ("NodHead", "LookFront", "BlinkEye")),
    ],
)
def test_a_face_that_does_what_is_asked_passes(colours, actions):
    """In each of the four modes, and with a portrait."""
    verdict = verdict_of(perform(plan_for(colours, actions), Actor()))
    assert verdict.passed
    assert verdict.code == 200
    assert verdict.portrait is not None


@pytest.mark.parametrize("asked", [name for name in PARTS if name != "LookFront"])
def test_each_action_left_undone_is_missing(asked):
    """Two tries of six seconds, then 202 with the reason."""
    verdict = verdict_of(perform(plan_for((), (asked,)), acting(**{asked: still})))
    assert (verdict.code, verdict.reasons[0]) == (202, Reason.ACTION_MISSING)


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        ("LookLeft", "LookRight"),
        ("LookRight", "LookLeft"),
        ("LookUp", "LookDown"),
        ("LookDown", "LookUp"),
        ("OpenMouth", "LookLeft"),
        ("BlinkEye", "OpenMouth"),
        ("NodHead", "ShakeHead"),
    ],
)
def test_a_wrong_action_is_told_and_does_not_count(asked, done):
    """The guidance names it; the step stays where it was."""
    run = perform(plan_for((), (asked,)), acting(**{asked: PARTS[done]}))
    told = {progress.guidance for progress in run.progresses}
    assert Guidance.WRONG_ACTION in told
    assert verdict_of(run).code == 202


def test_the_right_actions_in_the_wrong_order_are_said_to_be_that():
    """The vendor's second reason: not the sequence that was given."""
    swapped = acting(LookLeft=PARTS["OpenMouth"], OpenMouth=PARTS["LookLeft"])
    run = perform(plan_for((), ("LookLeft", "OpenMouth")), swapped)
    assert verdict_of(run).reasons[0] is Reason.WRONG_ORDER


@pytest.mark.parametrize("asked", ["LookLeft", "LookUp", "OpenMouth"])
def test_who_did_not_blink_but_did_the_action_passes(asked):
    """One in three does not blink within four seconds."""
    verdict = verdict_of(perform(plan_for((), (asked,)), Actor(blinks=False)))
    assert verdict.passed


def test_one_mistake_has_a_second_try():
    """Left and right are mixed up by honest people."""
    tries = []

    def mistaken_once(at: float) -> Pose:
        if at < 0.2 and (not tries or tries[-1] > 0.2):
            tries.append(at)
        elif tries:
            tries[-1] = at
        return PARTS["LookRight" if len(tries) < 2 else "LookLeft"](at)

    run = perform(plan_for((), ("LookLeft",)), acting(LookLeft=mistaken_once))
    assert Guidance.WRONG_ACTION in {p.guidance for p in run.progresses}
    assert verdict_of(run).passed


def test_a_turn_that_is_too_small_is_asked_for_more():
    """Not an error: the person needs to know in which direction to mend it."""
    timid = acting(LookLeft=lambda at: Pose(yaw=8 * ramp(at, 0.3, 5)))
    run = perform(plan_for((), ("LookLeft",)), timid)
    assert Guidance.TURN_MORE in {p.guidance for p in run.progresses}


def test_the_next_step_waits_until_the_head_is_back():
    """Or the tail of one turn would be taken for the next step's wrong one."""
    lingering = acting(LookLeft=lambda at: Pose(yaw=18 * ramp(at, 0.3, 9)))
    lingering.change = lambda at, pose: pose
    run = perform(plan_for((), ("LookLeft", "LookRight")), lingering)
    assert verdict_of(run).passed
    held = [p for p in run.progresses if p.step == 2 and p.since is None]
    assert held


def test_looking_ends_even_if_nothing_lives():
    """Ten seconds; then the verdict says what it saw."""
    run = perform(plan_for(), Actor(blinks=False))
    assert run.samples[-1].captured_at - run.samples[0].captured_at < 13


def test_a_flash_without_reflection_is_refused():
    """An injected recording knows nothing of the colours."""
    verdict = verdict_of(perform(plan_for(WHITE_AND_BLACK), Actor(reflects=0.0)))
    assert (verdict.code, verdict.reasons[0]) == (202, Reason.FLASH_NOT_FOLLOWED)


def test_too_little_reflection_has_a_second_try_with_advice():
    """Bright sun is neither a pass nor a fake."""
    run = perform(plan_for(WHITE_AND_BLACK), Actor(reflects=0.0))
    assert Guidance.MORE_SCREEN_LIGHT in {p.guidance for p in run.progresses}
    assert {p.attempt for p in run.progresses if p.step == 1} == {0, 1}


def test_the_second_try_shows_another_sequence():
    """The first one is known by then."""
    run = perform(plan_for(FOUR), Actor(reflects=0.0))
    first, second = run.plan.steps[1].attempts
    assert first != second
    colours = [p.colour for p in run.paints if p.colour]
    assert colours == [part.colour for part in (*first, *second)]


@pytest.mark.parametrize("seed", range(5))
def test_an_earlier_flash_played_again_is_refused(seed):
    """Its light follows another sequence: no answer can be recorded in advance."""
    earlier = perform(plan_for(FOUR, seed=100 + seed), Actor(), seed=seed)
    run = perform(plan_for(FOUR, seed=seed), Actor(), seed=seed)
    played = [
        replace(ours, measurement=theirs.measurement)
        for ours, theirs in zip(run.samples, earlier.samples, strict=False)
    ]
    verdict = judge(run.plan, played, run.paints, CameraFacts(), random=Random(seed))
    assert not verdict.passed


def test_each_colour_stays_for_its_time_however_slow_the_network():
    """Half a second at least between the paints: flash safety on the screen itself."""
    run = perform(plan_for(FOUR), Actor(), fps=4)
    gaps = [b.at - a.at for a, b in zip(run.paints, run.paints[1:], strict=False)]
    assert min(gaps) >= 0.5


@pytest.mark.parametrize(
    ("colours", "actions"),
    [((), ()), (WHITE_AND_BLACK, ()), ((), ("LookFront",)), ((), ("LookLeft",))],
)
@pytest.mark.parametrize("tilt", [0.0, 4.0])
def test_a_still_is_refused_held_or_waved(colours, actions, tilt):
    """A plane moves by a homography, and does not blink."""

    def as_photo(at: float, pose: Pose) -> Pose:
        waved = tilt * (1 - abs(at % 2 - 1)) if at > 3 else 0.0
        return replace(pose, flat=True, yaw=waved, pitch=0.0, eyes=0.33, mouth=0.01)

    verdict = verdict_of(perform(plan_for(colours, actions), Actor(change=as_photo)))
    assert verdict.code == 202


def test_a_tilted_still_does_not_turn_its_head():
    """The mesh is moved by the tilt, but not bent like by a turn."""
    tilted = acting(
        LookLeft=lambda at: Pose(yaw=14 * ramp(at, 0.3, 3), flat=True),
    )
    verdict = verdict_of(perform(plan_for((), ("LookLeft",)), tilted))
    assert Reason.ACTION_MISSING in verdict.reasons


@pytest.mark.parametrize("colours", [(), WHITE_AND_BLACK])
def test_eyes_that_a_tilt_narrows_are_not_alive(colours):
    """What a tilt explains is the picture's: its mesh narrows the eyes as it turns."""

    def as_photo(at: float, pose: Pose) -> Pose:
        waved = 7 * sin(2.1 * at) if at > 3 else 0.0
        narrow = 0.33 - 0.002 * waved**2
        return replace(pose, flat=True, yaw=waved, pitch=0.0, eyes=narrow, mouth=0.01)

    verdict = verdict_of(perform(plan_for(colours), Actor(change=as_photo)))
    assert (verdict.code, verdict.reasons[0]) == (202, Reason.STILL_PICTURE)


def test_eyes_that_narrow_by_themselves_are_alive():
    """Somebody who squints in the sun without a whole blink."""

    def squints(at: float, pose: Pose) -> Pose:
        return replace(pose, yaw=3 * sin(0.9 * at), eyes=0.3 + 0.06 * sin(2.3 * at))

    assert verdict_of(perform(plan_for(), Actor(blinks=False, change=squints))).passed


def test_a_little_of_both_is_alive():
    """Somebody composed: no blink, but no plane turns so, and its eyes would rest."""

    def composed(at: float, pose: Pose) -> Pose:
        return replace(
            pose, yaw=5 * min(1.0, max(0.0, at - 2)), eyes=0.33 + 0.018 * sin(2.3 * at)
        )

    assert verdict_of(perform(plan_for(), Actor(blinks=False, change=composed))).passed


def test_another_person_in_the_middle_is_seen():
    """The same person must be there throughout."""

    def swap(at: float, pose: Pose) -> Pose:
        return replace(pose, stranger=at > 4)

    verdict = verdict_of(perform(plan_for((), ()), Actor(change=swap)))
    assert verdict.code == 202
    assert Reason.FACE_SWAPPED in verdict.reasons


def test_a_cut_is_seen():
    """Place and size jump between two frames, as no head does."""

    def jump(at: float, pose: Pose) -> Pose:
        return replace(pose, x=0.25, size=0.8) if at > 4 else pose

    verdict = verdict_of(perform(plan_for((), ()), Actor(change=jump)))
    assert Reason.CUT in verdict.reasons


def test_a_cut_to_another_person_is_seen_where_the_head_is_the_same():
    """Neither the place nor the turn gives it away: the scene and the face do."""
    run = perform(plan_for(), Actor())
    scene = b64encode(bytes(range(192))).decode()
    spliced = changed(
        run,
        lambda n, m: (
            replace(m, thumbnail=scene, shape=b64encode(OTHER.tobytes()).decode())
            if n > 40
            else m
        ),
    )
    assert Reason.CUT in verdict_of(spliced).reasons


def changed(run: Run, change: Callable[[int, Measurement], Measurement]) -> Run:
    samples = [
        replace(s, measurement=change(n, s.measurement)) for n, s in enumerate(run.samples)
    ]
    return replace(run, samples=samples)


def test_the_same_frames_again_are_a_reason():
    """A loop gives the very same pixels after others; a camera never does."""
    run = perform(plan_for(), Actor())
    looped = changed(run, lambda n, m: replace(m, print=f"{n % 20:08x}"))
    assert Reason.FRAMES_REPEATED in verdict_of(looped).reasons


def test_a_slow_cameras_doubled_frames_are_innocent():
    """A page that is faster than the camera gets a frame twice in a row."""
    run = perform(plan_for(), Actor())
    doubled = changed(run, lambda n, m: replace(m, print=f"{n // 2:08x}"))
    assert verdict_of(doubled).passed


SIGNALS = {"yaw": 1.0, "roll": 1.0, "x": 0.01, "y": 0.01, "size": 0.01, "mouth": 0.02}


def filmed(run: Run, order: Callable[[int], int], seed: int = 7) -> Run:
    """A recording of somebody restless, its frames shown in this order."""
    draw = Random(seed)
    walk = [[draw.gauss(0, 1) for _ in SIGNALS] for _ in range(200)]

    def shown(n: int, m: Measurement) -> Measurement:
        moved = {
            name: getattr(m, name) * 0.2 + size * walk[order(n)][k]
            for k, (name, size) in enumerate(SIGNALS.items())
        }
        moved["size"] += 0.4
        return replace(m, **moved)

    return changed(run, shown)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(lambda n: n % 25, id="round again"),
        pytest.param(lambda n: abs((n + 10) % 80 - 40), id="to and fro"),
        pytest.param(lambda n: abs(34 - n), id="once backwards"),
    ],
)
def test_a_loop_with_fresh_noise_is_seen(order):
    """Every signal comes again, in the same order or in reverse."""
    run = filmed(perform(plan_for(), Actor(blinks=False)), order)
    assert Reason.FRAMES_LOOP in verdict_of(run).reasons


@pytest.mark.parametrize("seed", range(5))
def test_a_film_shown_once_is_no_loop(seed):
    """The same restless person, live."""
    run = filmed(perform(plan_for(), Actor()), lambda n: n, seed)
    assert Reason.FRAMES_LOOP not in verdict_of(run).reasons


@pytest.mark.parametrize("asked", ["LookLeft", "ShakeHead", "NodHead"])
def test_a_head_that_goes_and_comes_back_is_no_loop(asked):
    """On its way back it repeats whatever its turn moves, in reverse order."""
    run = perform(plan_for((), ("LookFront", asked, "LookFront")), Actor())

    def coupled(_: int, m: Measurement) -> Measurement:
        return replace(
            m,
            x=0.004 * m.yaw,
            y=0.003 * m.pitch,
            roll=0.3 * m.yaw + m.roll,
            size=0.5 + 0.003 * m.pitch - 0.0004 * m.yaw**2,
            lids=m.lids + 0.004 * m.pitch,
            mouth=m.mouth + 0.0002 * m.yaw**2,
        )

    assert Reason.FRAMES_LOOP not in verdict_of(changed(run, coupled)).reasons


def test_time_that_runs_backwards_is_a_reason():
    """Who may bend time can fit an old recording."""
    run = perform(plan_for(), Actor())
    samples = list(run.samples)
    samples[30] = replace(samples[30], captured_at=samples[20].captured_at)
    assert Reason.TIME_JUMPS in verdict_of(replace(run, samples=samples)).reasons


def test_a_frame_older_than_its_colour_is_a_reason():
    """It cannot show what had not been painted."""
    run = perform(plan_for(WHITE_AND_BLACK), Actor())
    late = [replace(paint, at=paint.at + 1) for paint in run.paints]
    verdict = verdict_of(replace(run, paints=late))
    assert Reason.OLDER_THAN_CHALLENGE in verdict.reasons


@pytest.mark.parametrize("label", ["OBS Virtual Camera", "ManyCam Webcam", "虚拟摄像头"])
def test_a_virtual_camera_is_told(label):
    """Its name is a sign; no name is no proof."""
    run = perform(plan_for(), Actor())
    assert Reason.VIRTUAL_CAMERA in verdict_of(run, CameraFacts(label)).reasons


@pytest.mark.parametrize(
    "label", ["FaceTime HD Camera", "Integrated Webcam (0408:a061)", "后置摄像头", ""]
)
def test_ordinary_cameras_are_not_suspected(label):
    """Nor is a page that hides the label."""
    assert verdict_of(perform(plan_for(), Actor()), CameraFacts(label, 640, 480)).passed


@pytest.mark.parametrize(
    "camera", [CameraFacts("", 640, 480, 1000.0), CameraFacts("", 90, 640, 30.0)]
)
def test_a_camera_that_cannot_be_is_a_reason(camera):
    """No camera has such a rate or size."""
    run = perform(plan_for(), Actor())
    assert Reason.UNLIKELY_CAMERA in verdict_of(run, camera).reasons


def test_black_frames_are_no_fake():
    """A covered lens is a technical failure: 203."""
    run = perform(plan_for(), Actor())
    black = changed(
        run, lambda n, m: Measurement(m.width, m.height, 0.0, m.print, m.thumbnail)
    )
    verdict = verdict_of(black)
    assert (verdict.code, verdict.reasons) == (203, (Reason.BLACK_FRAMES,))


def test_too_few_frames_are_no_fake():
    """A page that was left at once: 203."""
    run = perform(plan_for(), Actor())
    verdict = verdict_of(replace(run, samples=run.samples[:5]))
    assert (verdict.code, verdict.reasons) == (203, (Reason.TOO_FEW_FRAMES,))


def test_a_run_that_was_broken_off_is_no_fake():
    """The page was closed in the middle of it: 203."""
    run = perform(plan_for((), ("LookLeft", "LookRight")), Actor())
    verdict = verdict_of(replace(run, samples=run.samples[:20]))
    assert (verdict.code, verdict.reasons[0]) == (203, Reason.TOO_FEW_FRAMES)


def test_nobody_there_is_the_vendors_third_reason():
    """Forty seconds without a face."""
    run = perform(plan_for(), Actor())
    empty = changed(
        run,
        lambda n, m: Measurement(m.width, m.height, 0.4, m.print, m.thumbnail),
    )
    verdict = verdict_of(empty)
    assert (verdict.code, verdict.reasons) == (202, (Reason.NO_FACE,))


def test_a_head_that_never_holds_still_is_no_fake():
    """There was no neutral pose to measure anything against: 203."""

    def restless(at: float, pose: Pose) -> Pose:
        return replace(pose, yaw=12 * (1 - abs(at % 2 - 1)))

    run = perform(plan_for(), Actor(change=restless))
    verdict = verdict_of(run)
    assert (verdict.code, verdict.reasons) == (203, (Reason.NEVER_STILL,))


@pytest.mark.parametrize(
    ("changes", "guidance"),
    [
        ({"faces": 0}, Guidance.NO_FACE),
        ({"faces": 0, "brightness": 0.03}, Guidance.TOO_DARK),
        ({"faces": 0, "brightness": 0.9}, Guidance.TOO_BRIGHT),
        ({"faces": 2}, Guidance.MANY_FACES),
        ({"size": 0.15}, Guidance.TOO_FAR),
        ({"size": 1.1}, Guidance.TOO_NEAR),
        ({"edge": 0.3}, Guidance.TOO_NEAR),
        ({"x": 0.4}, Guidance.OFF_CENTRE),
        ({"face_brightness": 0.08}, Guidance.TOO_DARK),
        ({"glare": 0.6}, Guidance.TOO_BRIGHT),
        ({"sharpness": 1.0}, Guidance.BLURRED),
        ({"under_eyes": 0.05}, Guidance.EYES_COVERED),
        ({"yaw": 30.0}, Guidance.BACK_TO_FRONT),
    ],
)
def test_guidance_names_what_is_wrong_before_anything_is_asked(changes, guidance):
    """And the step waits for it to be mended."""
    run = perform(plan_for(), Actor())
    samples = [
        replace(s, measurement=replace(s.measurement, **changes)) for s in run.samples[:8]
    ]
    progress = follow(run.plan, samples)
    assert (progress.guidance, progress.step, progress.since) == (guidance, 0, None)


def test_one_doubled_face_is_no_second_person():
    """The detector doubles a face now and then."""
    run = perform(plan_for(), Actor())
    samples = list(run.samples[:8])
    doubled = replace(samples[-1].measurement, faces=2)
    samples[-1] = replace(samples[-1], measurement=doubled)
    assert follow(run.plan, samples).guidance is not Guidance.MANY_FACES


def test_following_twice_gives_the_same_answer():
    """`follow` has no memory."""
    run = perform(plan_for(FOUR, ("LookFront", "LookLeft")), Actor())
    assert [follow(run.plan, run.samples[:n]) for n in (5, 40, 80)] == [
        run.progresses[n - 1] for n in (5, 40, 80)
    ]


def test_a_record_of_a_measurement_is_small_and_whole():
    """It is stored for each frame between requests."""
    import json

    measurement = perform(plan_for(), Actor()).samples[3].measurement
    record = json.dumps(measurement.to_record())
    assert len(record) < 1500
    assert Measurement.from_record(json.loads(record)) == measurement


def test_the_portrait_is_not_taken_from_a_dark_colour():
    """It would show the colour rather than the face."""
    run = perform(plan_for(FOUR), Actor())
    verdict = verdict_of(run)
    best = next(s for s in run.samples if s.seq == verdict.portrait)
    assert best.colour == ""


def test_the_portrait_is_the_sharpest_frame_with_open_eyes():
    """A sharper frame with shut eyes loses."""
    run = perform(plan_for(), Actor(blinks=True))

    def sharpen(n: int, m: Measurement) -> Measurement:
        if n == 20:
            return replace(m, sharpness=120.0, eye_left=0.05, eye_right=0.05)
        return replace(m, sharpness=90.0) if n == 25 else m

    assert verdict_of(changed(run, sharpen)).portrait == 25
