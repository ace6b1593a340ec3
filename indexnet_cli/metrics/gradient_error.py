"""Gradient error: how far edges differ."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import matching_levels

SIGMA = 1.4
_HALF = int(np.ceil(SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * SIGMA * 0.01))))


def gradient_error(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Sum the squared differences of gradient magnitudes over the unknown pixels, in thousands.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels and stretched to 0..1
    each over its whole picture; unknown is an HxW mask. As the Matlab evaluation of Composition-1k
    (Rhemann et al., CVPR 2009, with sigma 1.4). Raises InputError.
    """
    p, g = matching_levels(alpha, truth, unknown)
    difference = _magnitude(p)[unknown] - _magnitude(g)[unknown]
    return float((difference * difference).sum()) / 1000


def _magnitude(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    stretched = levels.astype(np.float64) - levels.min(initial=255)
    stretched /= max(float(stretched.max(initial=0)), 1.0)
    x = np.arange(-_HALF, _HALF + 1, dtype=np.float64)
    smooth = np.exp(-(x**2) / (2 * SIGMA**2))
    slope = -x * smooth
    # The published kernel, the outer product of both, has unit L2 norm; so has that of unit ones.
    smooth /= np.linalg.norm(smooth)
    slope /= np.linalg.norm(slope)
    across = cv2.sepFilter2D(stretched, -1, slope, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(stretched, -1, smooth, slope, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down), np.float64)
