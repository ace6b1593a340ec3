"""Noise and blur that cost little: small grids, windows of one normal table, coarser levels."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_TABLE_SIDE = 1024


@lru_cache(maxsize=1)
def _normal_table() -> NDArray[np.float32]:
    table = np.random.default_rng(20190807).standard_normal((_TABLE_SIDE, _TABLE_SIDE, 3))
    return table.astype(np.float32)


def normal_window(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Return HxWx3 float32 standard normal noise: a random window of a fixed table.

    Windows larger than the table (1024) repeat it.
    """
    table = _normal_table()
    if max(height, width) > _TABLE_SIDE:
        repeats = -(-max(height, width) // _TABLE_SIDE)
        table = np.tile(table, (repeats, repeats, 1))
    top = int(rng.integers(table.shape[0] - height + 1))
    left = int(rng.integers(table.shape[1] - width + 1))
    return table[top : top + height, left : left + width]


def fractal_noise(
    rng: np.random.Generator, size: int, first: int = 3, octaves: int = 5, roughness: float = 0.55
) -> NDArray[np.float32]:
    """Return size x size float32 noise, mean about 0, deviation about 1.

    ``first`` is the number of cells of the coarsest grid along a side; each octave doubles it and
    weighs ``roughness`` of the one before.
    """
    total = np.zeros((size, size), np.float32)
    weight, power = 1.0, 0.0
    for octave in range(octaves):
        cells = first * 2**octave
        if cells > size:
            break
        grid = rng.standard_normal((cells + 3, cells + 3)).astype(np.float32)
        layer = cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        total += weight * layer
        power += weight * weight
        weight *= roughness
    total /= 0.7 * max(power, 1e-6) ** 0.5
    return total


def soft_blur(picture: NDArray, sigma: float) -> NDArray:
    """Blur by a Gaussian of ``sigma`` pixels; wide ones are done at a lower resolution."""
    if sigma < 0.2:
        return picture
    factor = 1 if sigma < 4 else (2 if sigma < 8 else 4)
    if factor == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    height, width = picture.shape[:2]
    small_size = (max(width // factor, 1), max(height // factor, 1))
    small = cv2.resize(picture, small_size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REFLECT_101)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def defocus(picture: NDArray, radius: float) -> NDArray:
    """Blur as an open lens does: each point becomes a disc of ``radius`` pixels, evenly lit.

    Large discs are drawn at a lower resolution, at most 6 pixels in radius there.
    """
    if radius < 0.4:
        return picture
    factor = 2 ** max(int(np.ceil(np.log2(radius / 6))), 0)
    height, width = picture.shape[:2]
    small = picture
    if factor > 1:
        size = (max(width // factor, 1), max(height // factor, 1))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    blurred = cv2.filter2D(small, -1, _disc(radius / factor), borderType=cv2.BORDER_REFLECT_101)
    if factor > 1:
        blurred = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return blurred


def _disc(radius: float) -> NDArray[np.float32]:
    """An antialiased disc, its sum 1."""
    reach = int(np.ceil(radius))
    axis = np.arange(-reach, reach + 1, dtype=np.float32)
    distance = np.sqrt(axis[None] ** 2 + axis[:, None] ** 2)
    disc = np.clip(np.float32(radius + 0.5) - distance, 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)
