"""The moving average of the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """Exponential average of a network's parameters; buffers are taken as they are.

    The first steps count more, or else the average would remember the start for long. A decay of
    0 is the network itself.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after ``step`` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, parameter in network.named_parameters():
            self.state[name].lerp_(parameter, 1 - decay)
        for name, buffer in network.named_buffers():
            if name in self.state:
                self.state[name].copy_(buffer)

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from the ``state`` of another run's average."""
        for name, value in state.items():
            self.state[name].copy_(value)
