"""ResNet-34 whose max-pools do all the downsampling, and keep their indices."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.folding import conv_norm

IMAGENET_CLASSES = 1000


class Features(NamedTuple):
    """What the decoders take: ``maps[k]`` enters decoder k, ``indices[k]`` unpools behind it.

    ``maps`` at strides 1, 4, 8, 16, 32 with 64, 64, 128, 256, 512 channels; ``indices`` of the
    five poolings, at strides 2, 4, 8, 16, 32.
    """

    maps: tuple[Tensor, ...]
    indices: tuple[Tensor, ...]


class BasicBlock(nn.Module):
    """ResNet's block of two 3x3 convolutions (He et al., CVPR 2016); never strided here."""

    folded = False

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(_normed(x, self.conv1, self.bn1, self.folded), inplace=True)
        y = _normed(y, self.conv2, self.bn2, self.folded)
        if self.downsample is not None:
            conv, norm = self.downsample
            x = _normed(x, conv, norm, self.folded)
        return F.relu(y + x, inplace=True)


def _normed(x: Tensor, conv: nn.Module, norm: nn.Module, folded: bool) -> Tensor:
    if folded:
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        return conv_norm(x, conv, norm)
    y: Tensor = norm(conv(x))
    return y


def _stage(in_channels: int, out_channels: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(in_channels, out_channels),
        *(BasicBlock(out_channels, out_channels) for _ in range(blocks - 1)),
    )


class PooledResNet34(nn.Module):
    """ResNet-34 without strides: five 3x3 max-pools take its place.

    ``fc``, the ImageNet classifier, is part of the published state dict and not used here.
    """

    folded = False

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, 3)
        self.layer2 = _stage(64, 128, 4)
        self.layer3 = _stage(128, 256, 6)
        self.layer4 = _stage(256, 512, 3)
        self.fc = nn.Linear(512, IMAGENET_CLASSES)

    def forward(self, x: Tensor) -> Features:
        x = F.relu(_normed(x, self.conv1, self.bn1, self.folded), inplace=True)
        maps = [x]
        x, index = _pool(x)
        indices = [index]
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x, index = _pool(x)
            indices.append(index)
            x = stage(x)
            maps.append(x)
        return Features(tuple(maps), tuple(indices))


def _pool(x: Tensor) -> tuple[Tensor, Tensor]:
    pooled, index = F.max_pool2d(x, 3, stride=2, padding=1, return_indices=True)
    return pooled, index
