"""Pyramid pooling of the deepest features (Zhao et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GRIDS = (1, 3, 5)


class PyramidPooling(nn.Module):
    """Means over 1x1, 3x3 and 5x5 grids beside the features themselves, joined by a 1x1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(grid), nn.Conv2d(channels, channels, 1, bias=False))
            for grid in GRIDS
        )
        self.bottleneck = nn.Conv2d((len(GRIDS) + 1) * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        means = [
            F.interpolate(stage(x), size=x.shape[-2:], mode="bilinear", align_corners=False)
            for stage in self.stages
        ]
        return F.relu(self.bottleneck(torch.cat([*means, x], dim=1)), inplace=True)
