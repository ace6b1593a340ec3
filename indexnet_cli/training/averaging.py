"""Copies of the weights, and their moving average."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def copy_of(network: nn.Module) -> dict[str, Tensor]:
    """The network's parameters and statistics as they are now."""
    return {name: value.clone() for name, value in network.state_dict().items()}


class Average:
    """Exponential average of a network's parameters and running statistics.

    The first steps count more, or else the average would remember the start for long. A decay of
    0 is the network itself.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = copy_of(network)

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after ``step`` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)
            else:
                self.state[name].copy_(value)

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from the ``state`` of another run's average."""
        for name, value in state.items():
            self.state[name].copy_(value)
