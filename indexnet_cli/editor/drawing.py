"""How operations change a trimap, pixel by pixel."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.editor.operations import LEVELS, Fill, Paint
from indexnet_cli.engine.regions import Region

Trimap = NDArray[np.uint8]


def stroke_region(stroke: Paint, height: int, width: int) -> Region:
    """The pixels that a stroke can reach, inside the picture; empty (no rows) outside of it."""
    xs, ys = zip(*stroke.points, strict=True)
    reach = stroke.radius + 1
    region = Region(
        int(min(ys) - reach),
        int(max(ys) + reach) + 1,
        int(min(xs) - reach),
        int(max(xs) + reach) + 1,
    ).clip(height, width)
    return region if min(region.size) > 0 else Region(0, 0, 0, 0)


def paint(trimap: Trimap, stroke: Paint) -> None:
    """Draw a stroke in place: all pixels whose centre is within the radius of its segments.

    ``page/trimap.js`` does the same steps in the same order, so that both get the same pixels.
    """
    points = stroke.points if len(stroke.points) > 1 else (*stroke.points, *stroke.points)
    for (x0, y0), (x1, y1) in pairwise(points):
        part = Paint("", 0, stroke.level, stroke.radius, ((x0, y0), (x1, y1)))
        region = stroke_region(part, *trimap.shape)
        if not region.size[0]:
            continue
        cx = np.arange(region.left, region.right) + 0.5
        cy = np.arange(region.top, region.bottom)[:, np.newaxis] + 0.5
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        if length > 0:
            along = np.clip(((cx - x0) * dx + (cy - y0) * dy) / length, 0.0, 1.0)
        else:
            along = np.zeros(region.size)
        ex, ey = cx - (x0 + along * dx), cy - (y0 + along * dy)
        inside = ex * ex + ey * ey <= stroke.radius * stroke.radius
        trimap[region.slices][inside] = LEVELS[stroke.level]


def fill(trimap: Trimap, spot: Fill) -> Region:
    """Fill in place; the region that was reached, empty where the spot lies outside."""
    import cv2

    height, width = trimap.shape
    if not (0 <= spot.x < width and 0 <= spot.y < height):
        return Region(0, 0, 0, 0)
    _, _, _, (x, y, w, h) = cv2.floodFill(trimap, None, (spot.x, spot.y), LEVELS[spot.level])
    return Region(y, y + h, x, x + w)
