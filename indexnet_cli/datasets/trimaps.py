"""Random trimaps of an alpha: as published, and harder ones such as people draw."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.trimaps import BACKGROUND

STYLES = {
    "published": 0.37,
    "elliptic": 0.30,
    "wide": 0.12,
    "blobs": 0.10,
    "polygon": 0.05,
    "no_foreground": 0.03,
    "all_unknown": 0.03,
}
UNMARKED = 0.1  # the share of training trimaps that say nothing of the foreground
SHORT_OF_THE_EDGE = 0.1  # the share that ends before the picture does
_DEEPEST_STRIP = 40


def fractional_pixels(alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the HxW mask of pixels that are neither 0 nor 255 as 8-bit alpha."""
    return (alpha > 0.5 / 255) & (alpha < 254.5 / 255)


def random_trimap(
    rng: np.random.Generator, alpha: NDArray[np.float32], style: str | None = None
) -> NDArray[np.uint8]:
    """Draw a trimap (HxW uint8 0, 128, 255) of an alpha; ``style`` is a name of STYLES, or chance.

    A known pixel never has an alpha more than half of an 8-bit level away from its label.
    """
    style = style or str(rng.choice(list(STYLES), p=list(STYLES.values())))
    if style == "all_unknown":
        return np.full(alpha.shape, 128, np.uint8)
    core = fractional_pixels(alpha)
    # A hard edge between two pixels has no fractional one: the edge itself must be unknown.
    solid = (alpha > 0.5).astype(np.uint8)
    core |= cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0
    grow = {"published": _published, "elliptic": _elliptic, "wide": _wide}.get(style, _elliptic)
    unknown = core | grow(rng, core, alpha)
    if style == "polygon":
        unknown |= _coarse_polygons(rng, unknown)
    if style == "blobs":
        unknown |= _blobs(rng, *alpha.shape)
    if rng.random() < 0.25:
        unknown |= _small_known_islands(rng, unknown, alpha)
    trimap = np.where(alpha > 0.5, np.uint8(255), np.uint8(0))
    trimap[unknown] = 128
    return without_foreground(trimap) if style == "no_foreground" else trimap


def leave_out(
    rng: np.random.Generator,
    trimap: NDArray[np.uint8],
    unmarked: float = UNMARKED,
    short: float = SHORT_OF_THE_EDGE,
) -> NDArray[np.uint8]:
    """Make more of a trimap (HxW) unknown, by chance, as people do who draw one in a hurry.

    A share ``unmarked`` of those with known background says nothing of the foreground: what stands
    out from all around it is to be found. A share ``short``, of such ones too, says nothing of what
    lies along the sides of the picture.
    """
    if rng.random() < unmarked and (trimap == BACKGROUND).any():
        trimap = without_foreground(trimap)
    return short_of_the_edge(rng, trimap) if rng.random() < short else trimap


def without_foreground(trimap: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the trimap with all that is sure foreground unknown."""
    return np.where(trimap == 255, np.uint8(128), trimap)


def short_of_the_edge(rng: np.random.Generator, trimap: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the trimap with strips of up to 40 pixels along its sides unknown.

    Brushes and lassos end before the picture does, whatever is there.
    """
    trimap = trimap.copy()
    for side in (np.rot90(trimap, turn) for turn in range(4)):  # views
        first, last = rng.uniform(0, _DEEPEST_STRIP, 2)
        depth = np.linspace(first, last, side.shape[1])
        side[np.arange(side.shape[0])[:, None] < depth] = 128
    return trimap


def _published(
    rng: np.random.Generator, core: NDArray[np.bool_], alpha: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Everything within 1 to 19 pixels of a fractional pixel (IndexNet, training data)."""
    return _within(core, float(rng.integers(1, 20)))


def _wide(
    rng: np.random.Generator, core: NDArray[np.bool_], alpha: NDArray[np.float32]
) -> NDArray[np.bool_]:
    return _within(core, float(rng.uniform(15, 60)))


def _within(core: NDArray[np.bool_], distance: float) -> NDArray[np.bool_]:
    if not core.any():
        return core
    return cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, 5) <= distance


def _elliptic(
    rng: np.random.Generator, core: NDArray[np.bool_], alpha: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Sure foreground eroded and sure background eroded, each by an ellipse of its own size."""
    foreground = (alpha >= 254.5 / 255).astype(np.uint8)
    possible = (alpha > 0.5 / 255).astype(np.uint8)
    inner, outer = (2 * int(r) + 1 for r in rng.integers(0, 15, 2))
    inside = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (inner, inner))
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (outer, outer))
    return (cv2.dilate(possible, around) > 0) & (cv2.erode(foreground, inside) == 0)


def _blobs(rng: np.random.Generator, height: int, width: int) -> NDArray[np.bool_]:
    """Areas that nobody looked into: whole parts of the subject, or of what is behind it."""
    drawn = np.zeros((height, width), np.uint8)
    side = max(height, width)
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(side * rng.uniform(0.05, 0.4)), int(side * rng.uniform(0.05, 0.4)))
        cv2.ellipse(drawn, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return drawn > 0


def _coarse_polygons(rng: np.random.Generator, unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mask = unknown.astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    tolerance = float(rng.uniform(3, 16))
    coarse = [cv2.approxPolyDP(contour, tolerance, True) for contour in contours]
    drawn = np.zeros_like(mask)
    cv2.fillPoly(drawn, [contour for contour in coarse if len(contour) > 2], 1)
    return drawn > 0


def _small_known_islands(
    rng: np.random.Generator, unknown: NDArray[np.bool_], alpha: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Known specks that nobody would leave known when drawing by hand."""
    limit = float(rng.uniform(100, 1500))
    found = np.zeros_like(unknown)
    for side in (alpha > 0.5, alpha <= 0.5):
        known = (side & ~unknown).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(known, connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < limit
        small[0] = False
        found |= small[labels]
    return found
