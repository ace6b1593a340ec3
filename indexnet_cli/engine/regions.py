"""Rectangles of feature maps, and what one needs of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Region:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right`` (exclusive) of a map."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, height: int, width: int) -> Region:
        """All of a map."""
        return cls(0, height, 0, width)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing the last two axes of a map."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grow(self, pixels: int) -> Region:
        """With ``pixels`` more on every side."""
        return Region(
            self.top - pixels, self.bottom + pixels, self.left - pixels, self.right + pixels
        )

    def clip(self, height: int, width: int) -> Region:
        """What lies inside a map of this size."""
        return Region(
            max(self.top, 0), min(self.bottom, height), max(self.left, 0), min(self.right, width)
        )

    def snap(self, grid: int) -> Region:
        """The smallest region around it whose sides are multiples of ``grid``."""
        return Region(
            self.top // grid * grid,
            -(-self.bottom // grid) * grid,
            self.left // grid * grid,
            -(-self.right // grid) * grid,
        )

    def halve(self) -> Region:
        """The 2x2 cells that it touches, in a map of half the resolution."""
        even = self.snap(2)
        return Region(even.top // 2, even.bottom // 2, even.left // 2, even.right // 2)

    def double(self) -> Region:
        """The same place in a map of twice the resolution."""
        return Region(2 * self.top, 2 * self.bottom, 2 * self.left, 2 * self.right)

    def around(self, other: Region) -> Region:
        """The smallest region that holds both."""
        return Region(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def within(self, outer: Region) -> tuple[slice, slice]:
        """For indexing this region out of a tensor that holds ``outer``."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


@dataclass(frozen=True)
class Patch:
    """The values (N x ... x h x w) of one region of a map."""

    values: Tensor
    region: Region

    def crop(self, region: Region) -> Tensor:
        """The values of ``region``, which must lie inside the patch; a view."""
        rows, columns = region.within(self.region)
        return self.values[..., rows, columns]

    def place(self, region: Region, whole: Patch | None, size: tuple[int, int]) -> Patch:
        """The values of ``region`` written into the ``whole`` map, of ``size``; made if None."""
        values = place(self.crop(region), region, None if whole is None else whole.values, size)
        return Patch(values, Region.whole(*size))


def place(
    x: Tensor,
    region: Region,
    whole: Tensor | None,
    size: tuple[int, int],
    device: torch.device | None = None,
) -> Tensor:
    """``x`` written into the ``region`` of a map of ``size``, which is made if None, of zeros.

    The map's axes lie in memory as those of ``x``, on its device or on ``device``.
    """
    if whole is None:
        order = sorted(range(x.ndim), key=x.stride, reverse=True)
        shape = (*x.shape[:-2], *size)
        whole = torch.empty_permuted(shape, order, dtype=x.dtype, device=device or x.device)
        whole.zero_()
    rows, columns = region.slices
    whole[..., rows, columns] = x
    return whole


def grid(height: int, width: int, tile: int) -> Iterator[Region]:
    """The regions of at most ``tile`` x ``tile`` pixels that make up a map, row by row."""
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            yield Region(top, top + tile, left, left + tile).clip(height, width)
