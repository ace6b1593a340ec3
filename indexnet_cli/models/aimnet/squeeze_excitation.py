"""Channel attention (Hu et al., CVPR 2018)."""

from __future__ import annotations

from torch import Tensor, nn

REDUCTION = 16


class SqueezeExcitation(nn.Module):
    """Scales each channel by a weight in (0, 1) that all channels' means decide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // REDUCTION, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channels // REDUCTION, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.fc(x.mean(dim=(2, 3)))
        return x * weights[:, :, None, None]
