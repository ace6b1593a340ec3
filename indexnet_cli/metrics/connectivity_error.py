"""Connectivity error: how far pixels hang together with the foreground differently."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import matching_levels


def connectivity_error(
    alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]
) -> float:
    """Sum the differences of the degrees of connectedness over the unknown pixels, in thousands.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    As the Matlab evaluation of Composition-1k (Rhemann et al., CVPR 2009, steps of 0.1). Raises
    InputError.
    """
    p, g = matching_levels(alpha, truth, unknown)
    joined = _joined_up_to(np.minimum(p, g))
    difference = _connectedness(p, joined)[unknown] - _connectedness(g, joined)[unknown]
    return float(np.abs(difference).sum()) / 1000


def _joined_up_to(both: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The highest threshold at which each pixel is part of the largest component."""
    tenths = np.full(both.shape, -1, np.int64)
    for step in range(1, 11):
        # In whole numbers, so that 153 / 255 counts as 0.6.
        component = _largest_component(10 * both.astype(np.int64) >= 255 * step)
        # Without a component the published code leaves the step out.
        if component is not None:
            tenths[(tenths == -1) & ~component] = step - 1
    return np.where(tenths == -1, 10, tenths) / 10


def _largest_component(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """4-connected; of equal ones the first in column-major order, as in Matlab."""
    columns = np.ascontiguousarray(mask.T, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(columns, connectivity=4)
    if count < 2:
        return None
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    first = np.argmax((areas == areas.max())[labels.ravel()])
    return np.asarray((labels == labels.ravel()[first]).T)


def _connectedness(levels: NDArray[np.uint8], joined: NDArray[np.float64]) -> NDArray[np.float64]:
    distance = levels / 255.0 - joined
    return np.where(distance >= 0.15, 1 - distance, 1.0)
