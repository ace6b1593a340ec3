"""Pictures at twice their size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def twice(image: NDArray[Any]) -> NDArray[Any]:
    """H x W x 3 uint8, uint16 or floating in [0, 1] to 2H x 2W x 3; floating colours stay there."""
    if image.dtype == np.float16:
        image = image.astype(np.float32)  # unknown to OpenCV
    double = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    if np.issubdtype(double.dtype, np.floating):
        np.clip(double, 0, 1, out=double)  # cubic interpolation overshoots
    return double


def repeated(plane: NDArray[Any]) -> NDArray[Any]:
    """Each pixel of H x W as 2 x 2 equal ones: 2H x 2W."""
    return plane.repeat(2, 0).repeat(2, 1)
