"""A first mask from a box or from points, for people who have neither mask nor trimap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError

Box = tuple[int, int, int, int]
Point = tuple[int, int]

# Colour models need no more than this, and time grows with the area.
_LONGEST_SIDE = 512
_ITERATIONS = 6
_SMALLEST_SHARE = 0.02
# Of the shorter side: what around a point is surely, and what is perhaps, the subject.
_SURE_RADIUS, _PROBABLE_RADIUS = 0.03, 0.3


def mask_from_box(image: NDArray[Any], box: Box) -> NDArray[np.uint8]:
    """Mask HxW uint8 (0 or 255) of the subject that fills a box, by GrabCut.

    image is HxWx3 uint8 or uint16; box is x, y, width, height in pixels: all outside is background.
    Rother, Kolmogorov and Blake 2004, as OpenCV has it; on a copy of at most 512 pixels a side.
    Raises InputError for a box that lies outside, or in which no subject is found.
    """
    import cv2

    height, width = image.shape[:2]
    x, y, w, h = box
    if w < 1 or h < 1 or x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise InputError(
            f"The box {x},{y},{w},{h} holds nothing of a picture of {width} x {height} pixels.",
            "A box is x,y,width,height in pixels from the top left corner.",
        )
    small, scale = _reduce(image)
    rows, columns = small.shape[:2]
    left, top = max(round(x * scale), 0), max(round(y * scale), 0)
    right = min(max(round((x + w) * scale), left + 1), columns)
    bottom = min(max(round((y + h) * scale), top + 1), rows)
    classes = np.full((rows, columns), cv2.GC_BGD, np.uint8)
    classes[top:bottom, left:right] = cv2.GC_PR_FGD
    if (classes == cv2.GC_PR_FGD).all():
        raise InputError(
            "The box holds the whole picture, so that nothing is known to be background.",
            "Draw it closer around the subject.",
        )
    return _cut(small, classes, (height, width))


def mask_from_points(image: NDArray[Any], points: Sequence[Point]) -> NDArray[np.uint8]:
    """Mask HxW uint8 (0 or 255) of what lies under points (x, y in pixels), by GrabCut.

    The picture's border counts as background unless a point is near. Rougher than a box.
    Raises InputError for a point outside, or when no subject is found.
    """
    import cv2

    height, width = image.shape[:2]
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):
            raise InputError(
                f"The point {x},{y} lies outside a picture of {width} x {height} pixels.",
                "A point is x,y in pixels from the top left corner.",
            )
    small, scale = _reduce(image)
    shorter = min(small.shape[:2])
    classes = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    edge = max(shorter // 50, 1)
    classes[:edge] = classes[-edge:] = cv2.GC_BGD
    classes[:, :edge] = classes[:, -edge:] = cv2.GC_BGD
    for radius, kind in ((_PROBABLE_RADIUS, cv2.GC_PR_FGD), (_SURE_RADIUS, cv2.GC_FGD)):
        for x, y in points:
            centre = (int(x * scale), int(y * scale))
            cv2.circle(classes, centre, max(round(radius * shorter), 1), kind, -1)
    return _cut(small, classes, (height, width))


def _reduce(image: NDArray[Any]) -> tuple[NDArray[Any], float]:
    import cv2

    pixels = (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image
    height, width = pixels.shape[:2]
    scale = min(_LONGEST_SIDE / max(height, width), 1.0)
    if scale == 1.0:
        return np.ascontiguousarray(pixels), scale
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), scale


def _cut(
    small: NDArray[Any], classes: NDArray[np.uint8], size: tuple[int, int]
) -> NDArray[np.uint8]:
    import cv2

    whole = (0, 0, small.shape[1], small.shape[0])
    models = np.zeros((1, 65)), np.zeros((1, 65))
    # GrabCut's clusters start by chance; the same picture must give the same mask.
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(small, classes, whole, *models, _ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error as error:
        raise _not_found() from error
    found = np.isin(classes, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    found = _without_specks(found)
    if not found.any():
        raise _not_found()
    height, width = size
    smooth = cv2.resize(found * 255, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(smooth >= 128, np.uint8(255), np.uint8(0))


def _without_specks(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Drop islands, and fill holes, smaller than a fiftieth of the subject."""
    import cv2

    smallest = _SMALLEST_SHARE * int(mask.sum())
    for level in (1, 0):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((mask == level).astype(np.uint8))
        small = stats[:, cv2.CC_STAT_AREA] < smallest
        small[0] = False
        mask = np.where(small[labels], np.uint8(1 - level), mask)
    return mask


def _not_found() -> InputError:
    return InputError(
        "No subject is found there: its colours are those of the background.",
        "Move the box or point, or paint a trimap.",
    )
