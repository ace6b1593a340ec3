"""sRGB's transfer function (IEC 61966-2-1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def to_linear(encoded: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB values in [0, 1] as linear light."""
    high = ((np.clip(encoded, 0.0, 1.0) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(encoded <= 0.04045, encoded / np.float32(12.92), high)


def from_linear(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light in [0, 1] as sRGB values."""
    light = np.clip(light, 0.0, 1.0)
    high = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), high)
