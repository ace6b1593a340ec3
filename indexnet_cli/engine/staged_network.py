"""What a network offers, to be computed region by region."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


class Encoded(Protocol):
    """What an encoder stage hands on; see ``models.indexnet.network.Encoded``."""

    @property
    def skips(self) -> dict[int, Tensor]:
        """For the decoder, by level: N x C x H x W."""

    @property
    def index(self) -> Tensor:
        """The decoder index: N x (C or 1) x 4 x H/2 x W/2."""

    @property
    def pooled(self) -> Tensor:
        """The next stage's input: N x C x H/2 x W/2."""


@runtime_checkable
class StagedNetwork(Protocol):
    """A network cut where its resolution changes; see ``models.indexnet.network.IndexNet``.

    Stages count from the finest. All between their inputs and outputs is local: the reach of a
    stage says how many of its pixels around a region decide the region's values.
    """

    stages: list[tuple[int, ...]]

    def to_precision(self, encoder: torch.dtype, decoder: torch.dtype) -> StagedNetwork:
        """Weights in these formats, but for layers that need float32; returns itself.

        ``encoder``: of ``encode`` and ``bottom``; ``decoder``: of ``decode``.
        """

    def encode(self, stage: int, x: Tensor) -> Encoded:
        """The stage's input to its skips, index and pooled features."""

    def decode(self, stage: int, x: Tensor, skips: dict[int, Tensor], index: Tensor) -> Tensor:
        """Features of half the stage's resolution to its own; those of stage 0 to alpha."""

    def deepest(self, x: Tensor) -> Tensor:
        """The part of ``bottom`` before its global pooling."""

    def bottom(self, x: Tensor, mean: Tensor | None = None) -> Tensor:
        """What lies between the last stage's encoder and decoder; ``mean`` if x is a region."""

    def encode_reach(self, stage: int) -> int:
        """How far ``encode`` looks, in pixels of the stage."""

    def decode_reach(self, stage: int) -> int:
        """How far ``decode`` looks, in pixels of the stage."""

    def bottom_reach(self) -> int:
        """How far ``bottom`` looks, in pixels of its input; the global mean aside."""

    def deepest_reach(self) -> int:
        """How far ``deepest`` looks, in pixels of its input."""

    def skip_values(self, stage: int) -> int:
        """How many values a pixel of the stage its skips and its index hold."""

    def working_values(self, stage: int) -> int:
        """About how many values a pixel of the stage, or behind the last, has in memory at once."""
