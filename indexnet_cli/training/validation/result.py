"""What validation gives, whatever it looks at."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.models.registry import ModelSpec

# By what was averaged over, the last being ``mean``: one figure for each of a validator's columns.
Rows = dict[str, tuple[float, ...]]


class Validator(Protocol):
    """Pictures with their truth, and the errors that are told of them."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the errors."""

    def examples(self) -> list[Sample]:
        """Some pictures whose mattes are shown; always the same."""

    def score(
        self, network: nn.Module, spec: ModelSpec, device: torch.device, ranks: Ranks
    ) -> Rows:
        """The errors of ``network``, on all processes together; empty but for the first one."""
