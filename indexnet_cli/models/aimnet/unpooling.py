"""Max-unpooling for poolings whose windows overlap."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# Windows of 3x3 at stride 2 share pixels with these neighbours that come later in row-major order.
LATER_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))


def max_unpool(x: Tensor, indices: Tensor) -> Tensor:
    """``x`` N x C x H x W put back where a 3x3, stride 2 max-pool took it; N x C x 2H x 2W.

    Overlapping windows may have taken the same pixel: it then gets the value of the last window
    in row-major order. This is what ``torch.nn.functional.max_unpool2d`` happens to do on a CPU,
    and what the published weights were measured with; on CUDA its result is left to chance.
    """
    height, width = x.shape[-2:]
    winners = torch.where(_taken_again(indices), 0, x)
    flat = winners.new_zeros(*x.shape[:2], 4 * height * width)
    # Of all values for one pixel at most one is not zero: the sum is exact in any order.
    flat.scatter_add_(2, indices.flatten(2), winners.flatten(2))
    return flat.view(*x.shape[:2], 2 * height, 2 * width)


def _taken_again(indices: Tensor) -> Tensor:
    """Where a later window has taken the same pixel."""
    height, width = indices.shape[-2:]
    padded = F.pad(indices, (1, 1, 0, 1), value=-1)
    again = torch.zeros_like(indices, dtype=torch.bool)
    for down, right in LATER_NEIGHBOURS:
        later = padded[..., down : down + height, 1 + right : 1 + right + width]
        again |= later == indices
    return again
