"""Where the published trainers crop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sampling.planes import Window

Mask = NDArray[np.bool_]


def indexnet_window(rng: np.random.Generator, unknown: Mask, sizes: Sequence[int]) -> Window:
    """IndexNet: a size strictly smaller than the picture, about a random unknown pixel.

    Centres whose window lies inside come first (their rows and columns inclusive at both ends);
    otherwise any unknown pixel, and the window is pushed back inside. Where the published code
    fails we go on: no size is strictly smaller: the first; no unknown pixel: anywhere.
    """
    height, width = unknown.shape
    fitting = [size for size in sizes if size < min(height, width)] or [sizes[0]]
    size = fitting[int(rng.integers(len(fitting)))]
    half = -(-size // 2)
    inner = unknown[half : height - half + 1, half : width - half + 1]
    found = _pick(rng, inner)
    if found is not None:
        return Window(found[0], found[1], size, size)
    found = _pick(rng, unknown)
    if found is None:
        return anywhere(rng, height, width, size)
    top, left = (max(centre - half, 0) for centre in found)
    return Window(min(top, height - size), min(left, width - size), size, size)


def mmagic_window(rng: np.random.Generator, unknown: Mask, size: int) -> Window:
    """mmagic: about a random unknown pixel, if possible one whose window lies inside."""
    height, width = unknown.shape
    half = size // 2
    found = _pick(rng, unknown[half : height - half, half : width - half])
    if found is not None:
        return _clipped(found[0], found[1], unknown, size)
    found = _pick(rng, unknown) or (height // 2, width // 2)
    return _clipped(found[0] - half, found[1] - half, unknown, size)


def dim_window(rng: np.random.Generator, unknown: Mask, size: int) -> Window:
    """Deep Image Matting: about any unknown pixel, pushed inside; without one the top left."""
    found = _pick(rng, unknown) or (0, 0)
    return _clipped(found[0] - size // 2, found[1] - size // 2, unknown, size)


def aimnet_window(rng: np.random.Generator, transition: Mask, size: int) -> Window:
    """AimNet: with probability 1/2 a random transition pixel is the top left corner, else any."""
    height, width = transition.shape
    if rng.random() < 0.5:
        found = _pick(rng, transition[: height - size, : width - size])
        if found is not None:
            return Window(found[0], found[1], size, size)
    return anywhere(rng, height, width, size)


def anywhere(rng: np.random.Generator, height: int, width: int, size: int) -> Window:
    """A window at any place, all with the same chance."""
    top = int(rng.integers(max(height - size, 1)))
    return Window(top, int(rng.integers(max(width - size, 1))), size, size)


def _pick(rng: np.random.Generator, mask: Mask) -> tuple[int, int] | None:
    """A random pixel of a mask in reading order, or None of an empty one."""
    # Rows first: the picture need not be turned into a list of all its unknown pixels.
    counts = np.count_nonzero(mask, axis=1)
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    if not total:
        return None
    number = int(rng.integers(total))
    row = int(np.searchsorted(ends, number, side="right"))
    columns = np.flatnonzero(mask[row])
    return row, int(columns[number - (ends[row] - counts[row])])


def _clipped(top: int, left: int, unknown: Mask, size: int) -> Window:
    height, width = unknown.shape
    return Window(min(max(top, 0), height - size), min(max(left, 0), width - size), size, size)
