"""Linear resampling as scikit-image does it, which trimap-free networks were tested with.

Two rules, because scikit-image changed its own. From 0.15 on, what shrinks is blurred first
(Gaussian, sigma (factor - 1) / 2) and the border is mirrored; before that nothing was blurred and
what lies outside was black.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
TRUNCATE = 4.0  # the Gaussian ends at so many sigmas


def resample(
    values: NDArray[np.floating], height: int, width: int, antialias: bool
) -> NDArray[np.float64]:
    """``values`` H x W or H x W x C brought to ``height`` x ``width``, within their own range.

    ``antialias``: the newer rule, blurred and mirrored; otherwise the older one. What lies between
    equal values comes out as that value, exactly.
    """
    if values.ndim == 3:
        channels = np.moveaxis(values, 2, 0)
        return np.dstack([resample(plane, height, width, antialias) for plane in channels])
    plane = values.astype(np.float64)
    if plane.shape == (height, width):
        return plane
    lowest, highest = plane.min(), plane.max()
    if antialias:
        plane = _blurred(plane, height, width)
    for axis, wanted in ((0, height), (1, width)):
        plane = _interpolated(plane, axis, wanted, mirrored=antialias)
    return np.clip(plane, lowest, highest, out=plane)


def _interpolated(plane: Plane, axis: int, wanted: int, mirrored: bool) -> Plane:
    """``plane`` at ``wanted`` places along ``axis``; pixels are areas, not points."""
    length = plane.shape[axis]
    places = (np.arange(wanted) + 0.5) * (length / wanted) - 0.5
    if mirrored:
        places = np.abs(places)
        places = np.where(places > length - 1, 2 * (length - 1) - places, places)
        places = np.maximum(places, 0)  # of a single pixel
    else:
        plane = np.pad(plane, [(1, 1) if axis == padded else (0, 0) for padded in (0, 1)])
        places = places + 1
    before = np.floor(places).astype(np.intp)
    after = np.minimum(before + 1, plane.shape[axis] - 1)
    share = np.expand_dims(places - before, 1 - axis)
    first, second = np.take(plane, before, axis), np.take(plane, after, axis)
    first *= 1 - share
    second *= share
    first += second
    return first


def _blurred(plane: Plane, height: int, width: int) -> Plane:
    vertical = _gaussian(plane.shape[0] / height)
    horizontal = _gaussian(plane.shape[1] / width)
    if len(vertical) == len(horizontal) == 1:
        return plane
    return np.asarray(
        cv2.sepFilter2D(plane, cv2.CV_64F, horizontal, vertical, borderType=cv2.BORDER_REFLECT_101)
    )


def _gaussian(factor: float) -> NDArray[np.float64]:
    """The kernel for shrinking by ``factor``; a single 1 where it is too narrow to matter."""
    sigma = max(0.0, (factor - 1) / 2)
    radius = int(TRUNCATE * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return weights / math.fsum(weights)
