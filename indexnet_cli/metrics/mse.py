"""Mean squared error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.levels import matching_levels


def mse(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Average the squared differences over the unknown pixels; NaN where there are none.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    As the Matlab evaluation of Composition-1k (Xu et al., CVPR 2017). Raises InputError.
    """
    p, g = matching_levels(alpha, truth, unknown)
    count = int(np.count_nonzero(unknown))
    if count == 0:
        return float("nan")
    difference = p[unknown].astype(np.int64) - g[unknown]
    return float((difference * difference).sum()) / 255**2 / count
