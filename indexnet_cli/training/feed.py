"""A batch as the network takes it."""

from __future__ import annotations

import torch
from torch import Tensor

from indexnet_cli.models.registry import ModelSpec


class Feed:
    """Makes the network's input of a batch, on one device.

    A batch holds ``image`` N x 3 x H x W and ``trimap`` N x 1 x H x W, both in [0, 1].
    """

    def __init__(self, spec: ModelSpec, device: torch.device) -> None:
        self.needs_trimap = spec.needs_trimap
        self.mean = torch.tensor(spec.mean, device=device)[:, None, None]
        self.std = torch.tensor(spec.std, device=device)[:, None, None]

    def __call__(self, batch: dict[str, Tensor]) -> Tensor:
        """Normalised colours, and the trimap where the model takes one."""
        x = (batch["image"].to(self.mean) - self.mean) / self.std
        if self.needs_trimap:
            x = torch.cat([x, batch["trimap"].to(self.mean)], dim=1)
        return x.contiguous(memory_format=torch.channels_last)
