"""Large pictures in overlapping windows that fit into memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Span:
    """A window along one axis, and where it hands over to its neighbours.

    ``rise`` and ``fall`` are the two ends (first and last pixel edge) of the linear ramps, in
    coordinates of the picture; ``None`` at the picture's border.
    """

    start: int
    stop: int
    rise: tuple[int, int] | None
    fall: tuple[int, int] | None

    def weights(self) -> NDArray[np.float32]:
        """The share that each pixel of the window has in the result; neighbours sum to 1."""
        centres = np.arange(self.start, self.stop, dtype=np.float32) + np.float32(0.5)
        share = np.ones(len(centres), np.float32)
        if self.rise is not None:
            share = np.minimum(share, _ramp(centres, self.rise))
        if self.fall is not None:
            share = np.minimum(share, 1 - _ramp(centres, self.fall))
        return share


@dataclass(frozen=True)
class Tile:
    """A window of the picture."""

    rows: Span
    columns: Span

    @property
    def window(self) -> tuple[slice, slice]:
        """The pixels that the network sees."""
        return (
            slice(self.rows.start, self.rows.stop),
            slice(self.columns.start, self.columns.stop),
        )

    def weights(self) -> NDArray[np.float32]:
        """h x w share of each pixel in the result."""
        return np.outer(self.rows.weights(), self.columns.weights())


def _ramp(centres: NDArray[np.float32], ends: tuple[int, int]) -> NDArray[np.float32]:
    first, last = ends
    return np.clip((centres - first) / np.float32(last - first), 0, 1).astype(np.float32)


def plan_spans(
    length: int, tile: int, margin: int, stride: int, blend: int | None = None
) -> list[Span]:
    """Cut ``length`` pixels into windows of ``tile`` pixels that start at multiples of ``stride``.

    Each pixel has at least ``margin`` pixels of context, less half of the ``blend`` pixels (by
    default a stride) over which two windows hand over. Raises ``ValueError`` if ``tile`` leaves no
    room between two margins, or if ``margin`` is below half of ``blend``.
    """
    blend = max(stride, 2) if blend is None else blend
    if length <= tile:
        return [Span(0, length, None, None)]
    step = (tile - 2 * margin) // stride * stride
    if margin < blend // 2:
        raise ValueError(f"a margin of {margin} pixels is too small to blend")
    if step < stride:
        raise ValueError(f"a tile of {tile} pixels is too small for margins of {margin}")
    starts = [*range(0, length - tile, step), (length - tile) // stride * stride]
    stops = [*(start + tile for start in starts[:-1]), length]
    ramps = []
    for start, stop in zip(starts[1:], stops[:-1], strict=True):
        middle = (start + stop) // 2
        ramps.append((middle - blend // 2, middle + blend // 2))
    return [
        Span(start, stop, rise, fall)
        for start, stop, rise, fall in zip(
            starts, stops, [None, *ramps], [*ramps, None], strict=True
        )
    ]


def plan_tiles(
    height: int, width: int, tile: int, margin: int, stride: int, blend: int | None = None
) -> list[Tile]:
    """Windows of at most ``tile`` x ``tile`` pixels that cover the picture, row by row.

    ``tile`` a multiple of ``stride``; see ``plan_spans`` for ``margin`` and ``blend``.
    """
    rows = plan_spans(height, tile, margin, stride, blend)
    columns = plan_spans(width, tile, margin, stride, blend)
    return [Tile(row, column) for row in rows for column in columns]
