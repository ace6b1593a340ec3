"""Gradient error: how far edges differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import matching_levels

SIGMA = 1.4


@dataclass(frozen=True)
class GradientFilter:
    """A separable Gaussian derivative: both taps, and what lies outside the picture."""

    smooth: NDArray[np.float64]
    slope: NDArray[np.float64]
    border: int

    @property
    def reach(self) -> int:
        """Pixels on each side that the result depends on."""
        return len(self.smooth) // 2


def _gaussian(half: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = np.arange(-half, half + 1, dtype=np.float64)
    smooth = np.exp(-(x**2) / (2 * SIGMA**2))
    return x, smooth


def unit_norm_filter() -> GradientFilter:
    """The published Matlab filter: 9x9, of unit L2 norm, edges replicated."""
    half = int(np.ceil(SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * SIGMA * 0.01))))
    x, smooth = _gaussian(half)
    slope = -x * smooth
    # The outer product of two vectors of unit norm has unit norm.
    smooth /= np.linalg.norm(smooth)
    slope /= np.linalg.norm(slope)
    return GradientFilter(smooth, slope, cv2.BORDER_REPLICATE)


def unit_sum_filter() -> GradientFilter:
    """SciPy's ``gaussian_gradient_magnitude``: 13 taps of unit sum, edges reflected."""
    x, smooth = _gaussian(int(4 * SIGMA + 0.5))
    smooth /= smooth.sum()
    return GradientFilter(smooth, -x / SIGMA**2 * smooth, cv2.BORDER_REFLECT)


def gradient_error(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Sum the squared differences of gradient magnitudes over the unknown pixels, in thousands.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels and stretched to 0..1
    each over its whole picture; unknown is an HxW mask. As the Matlab evaluation of Composition-1k
    (Rhemann et al., CVPR 2009, with sigma 1.4). Raises InputError.
    """
    p, g = (stretch(levels) for levels in matching_levels(alpha, truth, unknown))
    return gradient_difference(p, g, unknown, unit_norm_filter()) / 1000


def stretch(values: NDArray[Any]) -> NDArray[np.float64]:
    """Stretch values linearly to 0..1 over the whole picture; a constant becomes 0."""
    low, high = float(values.min(initial=255)), float(values.max(initial=0))
    return (values - low) / (high - low) if high > low else np.zeros(values.shape)


def gradient_difference(
    p: NDArray[np.float64],
    g: NDArray[np.float64],
    counted: NDArray[np.bool_],
    kernel: GradientFilter,
) -> float:
    """Sum the squared differences of gradient magnitudes where counted; p and g are HxW."""
    rows, columns = np.flatnonzero(counted.any(axis=1)), np.flatnonzero(counted.any(axis=0))
    if not rows.size:
        return 0.0
    # What is far from the counted pixels changes nothing.
    inner = tuple(slice(int(found[0]), int(found[-1]) + 1) for found in (rows, columns))
    difference = _magnitude(p, inner, kernel) - _magnitude(g, inner, kernel)
    difference *= difference
    return float(np.where(counted[inner], difference, 0.0).sum())


def _magnitude(
    values: NDArray[np.float64], inner: tuple[slice, ...], kernel: GradientFilter
) -> NDArray[np.float64]:
    """Gradient magnitudes in the window ``inner``, computed from it and what it depends on."""
    outer = tuple(
        slice(max(0, part.start - kernel.reach), part.stop + kernel.reach) for part in inner
    )
    window = tuple(
        slice(part.start - around.start, part.stop - around.start)
        for part, around in zip(inner, outer, strict=True)
    )
    part, smooth, slope = np.ascontiguousarray(values[outer]), kernel.smooth, kernel.slope
    across = cv2.sepFilter2D(part, -1, slope, smooth, borderType=kernel.border)[window]
    down = cv2.sepFilter2D(part, -1, smooth, slope, borderType=kernel.border)[window]
    return np.asarray(cv2.magnitude(across, down))
