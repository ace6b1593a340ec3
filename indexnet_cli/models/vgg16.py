"""VGG-16's groups of 3 x 3 convolutions: the encoder of every network in Deep Image Matting's line.

``width`` is the number of channels of the first group, 64 as published; all others follow from it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.conv_chain import ConvChain

CONVS_PER_LEVEL = (2, 2, 3, 3, 3)
LEVELS = range(1, len(CONVS_PER_LEVEL) + 1)
INPUT_CHANNELS = 4  # RGB and trimap
WIDTH = 64


def encoder_channels(width: int = WIDTH) -> tuple[int, ...]:
    """Output channels of the five levels."""
    return width, 2 * width, 4 * width, 8 * width, 8 * width


def encoder_layers(name: str, width: int = WIDTH) -> dict[str, nn.Conv2d]:
    """The 13 convolutions under their names: ``name`` with ``{level}`` and ``{number}`` from 1."""
    layers: dict[str, nn.Conv2d] = {}
    in_channels = INPUT_CHANNELS
    for level, out_channels in enumerate(encoder_channels(width), 1):
        for key in level_names(name, level):
            layers[key] = nn.Conv2d(in_channels, out_channels, 3, padding=1)
            in_channels = out_channels
    return layers


def level_names(name: str, level: int) -> list[str]:
    """What ``encoder_layers`` calls the convolutions of a level."""
    numbers = range(1, CONVS_PER_LEVEL[level - 1] + 1)
    return [name.format(level=level, number=number) for number in numbers]


def pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maxima of the 2 x 2 cells and their positions; of equal values the first counts.

    After ReLU many cells are all zero, so which of equal values counts shows in the alpha.
    """
    return F.max_pool2d(x, 2, return_indices=True)


def unpool(x: Tensor, positions: Tensor) -> Tensor:
    """``x`` at twice the size: values back at the ``positions`` of the maxima, zero elsewhere."""
    return F.max_unpool2d(x, positions, (2, 2))


class BakedLevels(nn.Module):
    """A network with VGG-16's levels, which become a chain of convolutions each for inference."""

    def __init__(self) -> None:
        super().__init__()
        self.chains: nn.ModuleList | None = None

    def bake(self) -> None:
        """Make a chain of each level's convolutions: ``models.folding.bake`` asks for it."""
        if self.chains is None:
            self.chains = nn.ModuleList(ConvChain(self._take(level)) for level in LEVELS)

    def behind_pooling(self) -> list[nn.Module]:
        """The layers that no max-pool follows; after ``bake``."""
        return [part for part in self.children() if part is not self.chains]

    def _features(self, level: int, x: Tensor) -> Tensor:
        """The level's last map before it is pooled."""
        features: Tensor = self.chains[level - 1](x) if self.chains else self._level(level, x)
        return features

    @abstractmethod
    def _level(self, level: int, x: Tensor) -> Tensor:
        """``_features`` by the layers as published."""

    @abstractmethod
    def _take(self, level: int) -> Iterator[nn.Conv2d]:
        """Remove the level's layers; its convolutions, batch norm folded."""
