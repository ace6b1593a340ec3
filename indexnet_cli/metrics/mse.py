"""Mean squared error."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import as_mask, matching_levels


def mse(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Average the squared differences over the unknown pixels; NaN where there are none.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    As the Matlab evaluation of Composition-1k (Xu et al., CVPR 2017). Raises InputError.
    """
    p, g = matching_levels(alpha, truth, unknown)
    count = int(np.count_nonzero(unknown))
    if count == 0:
        return float("nan")
    return float(cv2.norm(p, g, cv2.NORM_L2SQR, as_mask(unknown))) / 255**2 / count
