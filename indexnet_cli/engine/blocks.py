"""Planes of a picture computed anew a block at a time, in bounded memory, as if in one piece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.regions import Region
from indexnet_cli.imaging.trimaps import UNKNOWN

BLOCK = 512  # pixels
Rewrite = Callable[[Region, NDArray[np.float32]], NDArray[np.float32]]


def rewrite_unknown(
    alpha: NDArray[np.float32],
    trimap: NDArray[np.uint8],
    reach: int,
    rewrite: Rewrite,
    progress: Progress | None = None,
) -> None:
    """Replace ``alpha`` H x W, in place, where blocks of ``trimap`` H x W are unknown.

    ``rewrite`` is given a region and what ``alpha`` was there before any of this, and returns its
    new values there. They may depend on ``reach`` pixels around; the region holds so many more.
    What it makes of known pixels must be what they were.
    """
    height, width = alpha.shape
    rows = range(0, height, BLOCK)
    above = alpha[:0]  # of this row of blocks, as it was
    for number, top in enumerate(rows):
        if progress is not None:
            progress(number, len(rows))
        bottom, last = min(top + BLOCK, height), min(top + BLOCK + reach, height)
        band = np.concatenate([above, alpha[top:last]])
        first = top - len(above)
        above = band[: bottom - first][-reach:].copy()
        for left in range(0, width, BLOCK):
            block = _around_unknown(trimap, Region(top, bottom, left, min(left + BLOCK, width)))
            if block is not None:
                outer = block.grow(reach).clip(height, width)
                start = band[outer.top - first : outer.bottom - first, outer.slices[1]]
                alpha[block.slices] = rewrite(outer, start)[block.within(outer)]


def _around_unknown(trimap: NDArray[np.uint8], block: Region) -> Region | None:
    """The part of ``block`` that holds its unknown pixels; None where it has none."""
    unknown = trimap[block.slices] == UNKNOWN
    rows, columns = (np.flatnonzero(unknown.any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return Region(
        block.top + int(rows[0]),
        block.top + int(rows[-1]) + 1,
        block.left + int(columns[0]),
        block.left + int(columns[-1]) + 1,
    )
