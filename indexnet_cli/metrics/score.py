"""All errors of one matte at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.metrics.connectivity_error import connectivity_error
from indexnet_cli.metrics.gradient_error import gradient_error
from indexnet_cli.metrics.mse import mse
from indexnet_cli.metrics.sad import sad


@dataclass(frozen=True)
class Scores:
    """Errors over the unknown pixels; all but ``mse`` in thousands, as the published tables."""

    sad: float
    mse: float
    grad: float
    conn: float


def score(alpha: NDArray[Any], truth: NDArray[Any], trimap: NDArray[np.uint8]) -> Scores:
    """Score a matte against its ground truth over the pixels where trimap is 128.

    alpha and truth are HxW uint8 or float in [0, 1] (quantised to 8 bits, as the published
    evaluation reads files); trimap is HxW uint8. Put the known pixels into alpha first:
    Grad and Conn look beyond the unknown ones. Raises InputError.
    """
    unknown = np.asarray(trimap) == UNKNOWN
    return Scores(
        sad=sad(alpha, truth, unknown),
        mse=mse(alpha, truth, unknown),
        grad=gradient_error(alpha, truth, unknown),
        conn=connectivity_error(alpha, truth, unknown),
    )
