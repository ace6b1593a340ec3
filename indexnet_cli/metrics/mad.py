"""Mean absolute difference."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.metrics.sad import sad


def mad(alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]) -> float:
    """Average the absolute differences over the unknown pixels; NaN where there are none.

    alpha and truth are HxW uint8 or float in [0, 1], taken as 8-bit levels; unknown is an HxW mask.
    SAD over the number of pixels. Raises InputError.
    """
    total = sad(alpha, truth, unknown) * 1000
    count = int(np.count_nonzero(unknown))
    return total / count if count else float("nan")
