"""Measures one frame: face, pose, eyes, mouth, colours; the only module with OpenCV."""

from base64 import b64encode
from threading import Lock
from typing import Any, Final
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt

from .models import Models, find_models
from .types import Measurement, Triple

# As many threads measure as there are cores to spare: OpenCV shall not add its own.
cv2.setNumThreads(1)

# OpenCV's own stubs widen every type: what these hold stands in the docstrings.
Image = npt.NDArray[Any]
Floats = npt.NDArray[Any]

DETECTOR_SIDE: Final = 128
MESH_SIDE: Final = 192
EYE_SIDE: Final = 64
FACE_SIDE: Final = 160

# Detector's confidence; 0.5 is the value in MediaPipe's own graph.
LEAST_SCORE: Final = 0.5
LEAST_PRESENCE: Final = 0.5
OVERLAP: Final = 0.3
MOST_FACES: Final = 2

# Numbers of the mesh's points are MediaPipe's (canonical_face_model_uv_visualization).
# Left and right in these names are the picture's.
FOREHEAD_TOP, CHIN = 10, 152
EYE_OUTER_LEFT, EYE_OUTER_RIGHT = 33, 263
EYE_LEFT, EYE_RIGHT = (33, 133), (362, 263)
SIDE_LEFT, SIDE_RIGHT = 234, 454
LIP_UPPER, LIP_LOWER = 13, 14
LIDS_LEFT, LIDS_RIGHT = (159, 145), (386, 374)
CHEEK_LEFT: Final = (117, 118, 101, 36, 205, 187, 147, 123)
CHEEK_RIGHT: Final = (346, 347, 330, 266, 425, 411, 376, 352)
AROUND_EYE_LEFT: Final = (
    *(226, 113, 225, 224, 223, 222, 221, 189),
    *(244, 233, 232, 231, 230, 229, 228, 31),
)
AROUND_EYE_RIGHT: Final = (
    *(446, 342, 445, 444, 443, 442, 441, 413),
    *(464, 453, 452, 451, 450, 449, 448, 261),
)
# Each point of the forehead's outline lies between two points of the mesh.
FOREHEAD: Final = (
    *((67, 69), (109, 108), (10, 151), (338, 337), (297, 299)),
    *((333, 334), (151, 9), (104, 105)),
)
# Where bone is close under the skin: these move together, whatever the expression.
RIGID: Final = (
    *(10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 127, 356),
    *(234, 454, 21, 251, 54, 284, 103, 332, 67, 297, 109, 338, 98, 327, 116, 345),
)

# sRGB to linear light, IEC 61966-2-1.
_CODES = np.arange(256) / 255
LINEAR: Final = np.where(
    _CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4
).astype(np.float32)


class Meter:
    """Three nets and a lock: a net of OpenCV serves one caller at a time."""

    def __init__(self, models: Models | None = None) -> None:
        models = models or find_models()
        self._detector = cv2.dnn.readNetFromTFLite(str(models.detector))
        self._mesh = cv2.dnn.readNetFromTFLite(str(models.mesh))
        self._iris = cv2.dnn.readNetFromTFLite(str(models.iris))
        self._lock = Lock()

    def measure(self, image: Image, *, eyes: bool = False) -> Measurement:
        """Measure *image* (BGR, not mirrored); *eyes* adds what blinks are read from.

        Nothing is remembered from one frame to the next.
        """
        height, width = image.shape[:2]
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        frame: dict[str, Any] = {
            "width": width,
            "height": height,
            "brightness": _short(float(grey.mean()) / 255),
            "print": f"{crc32(image.tobytes()):08x}",
            "thumbnail": _grey_text(cv2.resize(grey, (16, 12), interpolation=3)),
        }
        with self._lock:
            found = self._faces(image)
            if not found:
                return Measurement(**frame)
            points, presence = found[0]
            openings = self._eyes(image, points) if eyes else (None, None)
        return Measurement(
            **frame,
            faces=len(found),
            presence=_short(presence),
            # The subject's left eye is the one on the right of the picture.
            eye_left=openings[1],
            eye_right=openings[0],
            **_geometry(points, width, height),
            **_colours(image, points),
            **_details(grey, points),
        )

    def _faces(self, image: Image) -> list[tuple[Floats, float]]:
        """Meshes and presences, largest first; a box without a mesh is no face."""
        found = []
        for box in self._boxes(image)[:MOST_FACES]:
            points, presence = self._points(image, box)
            if presence > LEAST_PRESENCE:
                found.append((points, presence))
        return found

    def _boxes(self, image: Image) -> list[Floats]:
        """Boxes of the detector in pixels: x, y, width, height, two eyes; by size.

        Decoding as in MediaPipe's face_detection_short_range graph; boxes that overlap
        are averaged by their scores, which steadies them from frame to frame.
        """
        height, width = image.shape[:2]
        scale = DETECTOR_SIDE / max(height, width)
        small = cv2.resize(
            image,
            (max(1, round(width * scale)), max(1, round(height * scale))),
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        )
        left = (DETECTOR_SIDE - small.shape[1]) // 2
        top = (DETECTOR_SIDE - small.shape[0]) // 2
        square = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.uint8)
        square[top : top + small.shape[0], left : left + small.shape[1]] = small
        boxes, logits = _run(
            self._detector, square, 1 / 127.5, 127.5, sizes=(896 * 16, 896)
        )
        scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
        sure = np.flatnonzero(scores > LEAST_SCORE)
        if not len(sure):
            return []
        raw = boxes.reshape(896, 16)[sure, :8].copy()
        raw[:, 0:2] += ANCHORS[sure]
        raw[:, 4:6] += ANCHORS[sure]
        raw[:, 6:8] += ANCHORS[sure]
        raw[:, [0, 1, 4, 5, 6, 7]] -= np.array([left, top] * 3, np.float32)
        merged = _merged(raw / scale, scores[sure])
        return sorted(merged, key=lambda box: -float(box[2] * box[3]))

    def _points(self, image: Image, box: Floats) -> tuple[Floats, float]:
        """The mesh's 468 points in pixels (x, y, and depth on the same scale)."""
        turn = np.arctan2(box[7] - box[5], box[6] - box[4])
        side = 1.5 * max(box[2], box[3])
        to_crop = _to_square((box[0], box[1]), turn, side, MESH_SIDE)
        crop = cv2.warpAffine(image, to_crop, (MESH_SIDE, MESH_SIDE))
        raw, presence = _run(self._mesh, crop, 1 / 255, 0, sizes=(1404, 1))
        points = raw.reshape(468, 3).copy()
        points[:, :2] = _back(points[:, :2], to_crop)
        points[:, 2] *= side / MESH_SIDE
        return points, float(1 / (1 + np.exp(-np.clip(presence[0], -50, 50))))

    def _eyes(self, image: Image, points: Floats) -> tuple[float, float]:
        """Opening over width of the eyes at the picture's left and right."""
        openings = []
        for (start, end), flipped in ((EYE_LEFT, False), (EYE_RIGHT, True)):
            a, b = points[start, :2], points[end, :2]
            turn = np.arctan2(b[1] - a[1], b[0] - a[0])
            side = 2.3 * max(abs(b - a).max(), 1)
            to_crop = _to_square((a + b) / 2, turn, side, EYE_SIDE)
            crop = cv2.warpAffine(image, to_crop, (EYE_SIDE, EYE_SIDE))
            if flipped:
                crop = cv2.flip(crop, 1)
            contour, _ = _run(self._iris, crop, 1 / 255, 0, sizes=(213, 15))
            eye = contour.reshape(71, 3)[:, :2]
            # Three openings rather than one: their mean is steadier.
            opening = np.mean([np.hypot(*(eye[u] - eye[d])) for u, d in LID_PAIRS])
            openings.append(_short(float(opening / np.hypot(*(eye[8] - eye[0])))))
        return openings[0], openings[1]


def cut_portrait(image: Image, measurement: Measurement) -> Image:
    """The face set upright with a margin, 3 wide to 4 high, inside of the frame.

    Margins: 0.45 of the face's height above the forehead, 0.35 below the chin.
    """
    height, width = image.shape[:2]
    size = measurement.size * height
    centre = (
        width / 2 + measurement.x * height,
        height / 2 + measurement.y * height - 0.05 * size,
    )
    upright = cv2.getRotationMatrix2D(centre, measurement.roll, 1)
    turned = cv2.warpAffine(
        image, upright, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    tall = min(1.8 * size, height, width * 4 / 3)
    wide = tall * 3 / 4
    left = min(max(centre[0] - wide / 2, 0), width - wide)
    top = min(max(centre[1] - tall / 2, 0), height - tall)
    return turned[round(top) : round(top + tall), round(left) : round(left + wide)].copy()


# Mid, inner and outer opening, as pairs of the eye contour's points (16 of its 71).
LID_PAIRS: Final = ((12, 4), (11, 3), (13, 5))


def _anchors() -> Floats:
    """Centres of the 896 anchors: 16 x 16 with two each, 8 x 8 with six each."""
    rows = []
    for cells, each in ((16, 2), (8, 6)):
        step = DETECTOR_SIDE / cells
        for y in range(cells):
            for x in range(cells):
                rows += [((x + 0.5) * step, (y + 0.5) * step)] * each
    return np.array(rows, np.float32)


ANCHORS: Final = _anchors()


def _run(
    net: Any, crop: Image, scale: float, mean: float, *, sizes: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Both outputs, told apart by their sizes: their order is not fixed."""
    blob = cv2.dnn.blobFromImage(crop, scale, mean=(mean,) * 3, swapRB=True)
    net.setInput(blob)
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    by_size = {output.size: output.reshape(-1) for output in outputs}
    return by_size[sizes[0]], by_size[sizes[1]]


def _merged(boxes: Floats, scores: Floats) -> list[Floats]:
    left = list(np.argsort(-scores))
    merged = []
    while left:
        best = left[0]
        close = [n for n in left if _overlap(boxes[best], boxes[n]) > OVERLAP]
        merged.append(np.average(boxes[close], axis=0, weights=scores[close]))
        left = [n for n in left if n not in close]
    return merged


def _overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes given by centre and size."""
    low = np.maximum(a[:2] - a[2:4] / 2, b[:2] - b[2:4] / 2)
    high = np.minimum(a[:2] + a[2:4] / 2, b[:2] + b[2:4] / 2)
    common = float(np.prod(np.maximum(high - low, 0)))
    return common / float(a[2] * a[3] + b[2] * b[3] - common)


def _to_square(centre: Any, turn: float, side: float, pixels: int) -> Floats:
    """The affine map of a turned square of the picture onto *pixels* by *pixels*."""
    scale = pixels / side
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    x, y = centre
    return np.array(
        [
            [cos, sin, pixels / 2 - cos * x - sin * y],
            [-sin, cos, pixels / 2 + sin * x - cos * y],
        ],
        np.float32,
    )


def _back(points: Floats, to_square: Floats) -> Floats:
    inverse = cv2.invertAffineTransform(to_square)
    return (points @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)


def _geometry(points: Floats, width: int, height: int) -> dict[str, Any]:
    """Pose from the mesh's own depth, and ratios in space rather than in the picture.

    The angles are the mesh's: it compresses them (a near-profile reads 47 degrees).
    """
    across = (points[EYE_OUTER_RIGHT] - points[EYE_OUTER_LEFT]) + (
        points[SIDE_RIGHT] - points[SIDE_LEFT]
    )
    down = points[CHIN] - points[FOREHEAD_TOP]
    eye_distance = np.linalg.norm(points[EYE_OUTER_RIGHT] - points[EYE_OUTER_LEFT])
    centre = points[[FOREHEAD_TOP, CHIN, SIDE_LEFT, SIDE_RIGHT], :2].mean(axis=0)
    xy = points[:, :2]
    outside = (xy < 0).any(axis=1) | (xy[:, 0] > width) | (xy[:, 1] > height)
    lids = [
        np.linalg.norm(points[upper] - points[lower])
        / np.linalg.norm(points[start] - points[end])
        for (upper, lower), (start, end) in (
            (LIDS_LEFT, EYE_LEFT),
            (LIDS_RIGHT, EYE_RIGHT),
        )
    ]
    mouth = np.linalg.norm(points[LIP_UPPER] - points[LIP_LOWER])
    rigid = np.clip(points[list(RIGID), :2] / height * 10_000, -32768, 32767)
    return {
        "x": _short(float(centre[0] - width / 2) / height),
        "y": _short(float(centre[1] - height / 2) / height),
        "size": _short(float(np.linalg.norm(down)) / height),
        "edge": _short(float(outside.mean())),
        "yaw": _short(np.degrees(np.arctan2(across[2], np.hypot(*across[:2])))),
        "pitch": _short(np.degrees(np.arctan2(-down[2], np.hypot(*down[:2])))),
        "roll": _short(np.degrees(np.arctan2(across[1], across[0]))),
        "mouth": _short(float(mouth / eye_distance)),
        "lids": _short(float(np.mean(lids))),
        "rigid": b64encode(rigid.round().astype("<i2").tobytes()).decode(),
    }


def _colours(image: Image, points: Floats) -> dict[str, Any]:
    """Light of the skin and of what is behind it, averaged where light adds up."""
    height, width = image.shape[:2]
    low = np.floor(points[:, :2].min(axis=0)).astype(int)
    high = np.ceil(points[:, :2].max(axis=0)).astype(int)
    x0, y0 = np.maximum(low, 0)
    x1, y1 = np.minimum(high, (width, height))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return {}
    crop = image[y0:y1, x0:x1]
    shift = points[:, :2] - (x0, y0)
    # More pixels than this add time and nothing to the mean.
    scale = min(1.0, 160 / max(crop.shape[:2]))
    if scale < 1:
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        shift = shift * scale
    light = cv2.LUT(crop, LINEAR)
    forehead = np.array([(shift[a] + shift[b]) / 2 for a, b in FOREHEAD])
    areas = [forehead, shift[list(CHEEK_LEFT)], shift[list(CHEEK_RIGHT)]]
    masks = [_mask(crop, area) for area in areas]
    skin_mask = masks[0] | masks[1] | masks[2]
    eyes_mask = _mask(crop, shift[list(AROUND_EYE_LEFT)]) | _mask(
        crop, shift[list(AROUND_EYE_RIGHT)]
    )
    if not skin_mask.any() or not masks[1].any() or not masks[2].any():
        return {}
    skin = _mean(light, skin_mask)
    cheeks = [_luma(_mean(light, mask)) for mask in masks[1:]]
    around = _luma(_mean(light, eyes_mask)) if eyes_mask.any() else 0.0
    pixels = crop[skin_mask > 0]
    return {
        "skin": skin,
        "patches": tuple(round(_luma(_mean(light, mask)), 6) for mask in masks),
        "background": _background(image, x0, y0, x1, y1),
        "face_brightness": _short(float(pixels.mean()) / 255),
        "glare": _short(float((pixels.max(axis=1) >= 252).mean())),
        "evenness": _short(min(cheeks) / max(*cheeks, 1e-6)),
        "under_eyes": _short(around / max(sum(cheeks) / 2, 1e-6)),
    }


def _background(image: Image, x0: int, y0: int, x1: int, y1: int) -> Triple:
    """Light outside of the head (the face's box and half as much around it)."""
    small = cv2.resize(image, (80, 60), interpolation=cv2.INTER_AREA)
    height, width = image.shape[:2]
    wide, tall = (x1 - x0) / 2, (y1 - y0) / 2
    left, right = (x0 - wide) * 80 / width, (x1 + wide) * 80 / width
    top, bottom = (y0 - tall) * 60 / height, (y1 + tall) * 60 / height
    mask = np.full((60, 80), 255, np.uint8)
    mask[
        max(0, round(top)) : max(0, round(bottom)),
        max(0, round(left)) : max(0, round(right)),
    ] = 0
    if int(np.count_nonzero(mask)) < 60:
        return (0.0, 0.0, 0.0)
    return _mean(cv2.LUT(small, LINEAR), mask)


def _details(grey: Image, points: Floats) -> dict[str, Any]:
    """Sharpness and a tiny picture of the face, both of the face set upright."""
    across = points[SIDE_RIGHT, :2] - points[SIDE_LEFT, :2]
    turn = float(np.arctan2(across[1], across[0]))
    centre = points[[FOREHEAD_TOP, CHIN, SIDE_LEFT, SIDE_RIGHT], :2].mean(axis=0)
    side = float(np.linalg.norm(points[CHIN] - points[FOREHEAD_TOP]))
    to_face = _to_square(centre, turn, max(side, 8.0), FACE_SIDE)
    face = cv2.warpAffine(grey, to_face, (FACE_SIDE, FACE_SIDE))
    return {
        "sharpness": _short(float(cv2.Laplacian(face, cv2.CV_32F).var())),
        "shape": _grey_text(cv2.resize(face, (12, 12), interpolation=cv2.INTER_AREA)),
    }


def _mask(crop: Image, area: Floats) -> Image:
    mask = np.zeros(crop.shape[:2], np.uint8)
    hull = cv2.convexHull(area.round().astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255)
    return mask


def _mean(light: Floats, mask: Image) -> Triple:
    blue, green, red, _ = cv2.mean(light, mask)
    return (round(red, 6), round(green, 6), round(blue, 6))


def _luma(light: Triple) -> float:
    """Relative luminance of linear light, ITU-R BT.709."""
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def _grey_text(picture: Image) -> str:
    return b64encode(np.ascontiguousarray(picture).tobytes()).decode()


def _short(value: float) -> float:
    """Four decimals are finer than any of these is known, and keep records small."""
    return round(float(value), 4)
