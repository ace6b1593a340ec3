"""Connectivity error: how far pixels hang together with the foreground differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import matching_levels

STEPS = 10
TOLERATED = 0.15  # the smallest distance that counts


@dataclass(frozen=True)
class ConnectivityRule:
    """What the published programs do differently.

    ``thresholds``: the ten levels, for values in [0, 1]; ``skips_empty``: a level that no common
    component reaches is left out, instead of ending all that still hang together; ``by_column``:
    of equal components the first in column-major order counts, instead of row-major.
    """

    thresholds: tuple[float, ...]
    skips_empty: bool
    by_column: bool


# Correctly rounded tenths: grey level 153 of 255 meets 0.6 exactly.
TENTHS = tuple(step / STEPS for step in range(1, STEPS + 1))
MATLAB_RULE = ConnectivityRule(TENTHS, skips_empty=True, by_column=True)


def connectivity_error(
    alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]
) -> float:
    """Sum the differences of the degrees of connectedness over the unknown pixels, in thousands.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    As the Matlab evaluation of Composition-1k (Rhemann et al., CVPR 2009, steps of 0.1). Raises
    InputError.
    """
    p, g = (levels / 255.0 for levels in matching_levels(alpha, truth, unknown))
    return connectivity_difference(p, g, unknown, MATLAB_RULE) / 1000


def connectivity_difference(
    p: NDArray[Any], g: NDArray[Any], counted: NDArray[np.bool_], rule: ConnectivityRule
) -> float:
    """Sum the differences of connectedness where counted; p and g are HxW in [0, 1]."""
    joined = _joined_up_to(np.minimum(p, g), rule)[counted] / STEPS
    difference = _connectedness(p[counted], joined) - _connectedness(g[counted], joined)
    return float(np.abs(difference).sum())


def _joined_up_to(both: NDArray[Any], rule: ConnectivityRule) -> NDArray[np.uint8]:
    """The last step, 0 to 10, up to which each pixel is part of the largest component."""
    joined = np.full(both.shape, STEPS, np.uint8)
    still = np.ones(both.shape, np.bool_)
    for step, threshold in enumerate(rule.thresholds):
        component = _largest_component(both >= threshold, rule.by_column)
        if component is None:
            if rule.skips_empty:
                continue
            component = np.zeros_like(still)
        joined[still & ~component] = step
        still &= component
    return joined


def _largest_component(mask: NDArray[np.bool_], by_column: bool) -> NDArray[np.bool_] | None:
    """The largest of the 4-connected components; None where there is none."""
    # Counting labels is several times faster than OpenCV's statistics.
    count, found = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    if count < 2:
        return None
    labels = np.asarray(found, np.int32)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    largest = np.flatnonzero(areas == areas.max())
    chosen = largest[0] if len(largest) == 1 else _first(labels, largest, by_column)
    return np.asarray(labels == chosen)


def _first(labels: NDArray[np.int32], among: NDArray[np.intp], by_column: bool) -> np.int32:
    ordered = (labels.T if by_column else labels).ravel()
    return np.int32(ordered[np.argmax(np.isin(ordered, among))])


def _connectedness(values: NDArray[Any], joined: NDArray[np.float64]) -> NDArray[np.float64]:
    distance = values - joined
    return np.where(distance >= TOLERATED, 1 - distance, 1.0)
