"""Integer levels to and from [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_float(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Levels as float32 in [0, 1]: unsigned integers by their range, floats as they are."""
    pixels = np.asarray(pixels)
    if pixels.dtype.kind in "ui":
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return pixels.astype(np.float32, copy=False)


def from_float(pixels: NDArray[np.float32], dtype: Any) -> NDArray[Any]:
    """[0, 1] as levels of an unsigned integer type, clipped and rounded; floats as they are."""
    kind = np.dtype(dtype)
    if kind.kind not in "ui":
        return pixels.astype(kind, copy=False)
    levels = np.clip(pixels, 0.0, 1.0)
    levels *= np.float32(np.iinfo(kind).max)
    return np.rint(levels, out=levels).astype(kind)


def convert_depth(pixels: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """The same levels as uint8 or uint16."""
    if pixels.dtype == dtype:
        return pixels
    if dtype == np.uint16 and pixels.dtype == np.uint8:
        return pixels.astype(np.uint16) * np.uint16(257)
    return from_float(to_float(pixels), dtype)
