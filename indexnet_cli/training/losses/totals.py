"""What losses divide by: counted over a whole step, in however many pieces it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from indexnet_cli.engine.ranks import Ranks

Batch = dict[str, Tensor]
Terms = dict[str, Tensor]


@dataclass(frozen=True)
class Totals:
    """Counts of a step's batch: all its pieces, of all processes; of whole samples, also where
    these are cut to windows.

    A loss adds up over pieces: each gives its own sums divided by these. So neither accumulation
    nor the number of processes changes what a step computes.
    """

    samples: float
    pixels: float
    unknown: Tensor


def count(pieces: Sequence[Batch], ranks: Ranks) -> Totals:
    """The totals of ``pieces``, each with ``unknown`` N x 1 x H x W of 0 and 1."""
    wholes = [piece.get("whole_unknown", piece["unknown"]) for piece in pieces]
    unknown = torch.stack([whole.sum() for whole in wholes]).sum()
    samples = sum(len(piece["unknown"]) for piece in pieces)
    pixels = sum(piece["unknown"].numel() for piece in pieces)
    if ranks.count == 1:
        return Totals(samples, pixels, unknown)
    counts = torch.stack([unknown.double(), *unknown.new_tensor([samples, pixels]).double()])
    counts = ranks.sum(counts)
    return Totals(float(counts[1]), float(counts[2]), counts[0].to(unknown))
