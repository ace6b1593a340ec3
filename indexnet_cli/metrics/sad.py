"""Sum of absolute differences."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import as_mask, matching_levels


def sad(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Sum the absolute differences over the unknown pixels, in thousands.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    As the Matlab evaluation of Composition-1k (Xu et al., CVPR 2017). Raises InputError.
    """
    p, g = matching_levels(alpha, truth, unknown)
    return float(cv2.norm(p, g, cv2.NORM_L1, as_mask(unknown))) / 255 / 1000
