"""VGG-16's groups of 3 x 3 convolutions: the encoder of every network in Deep Image Matting's line.

``width`` is the number of channels of the first group, 64 as published; all others follow from it.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

CONVS_PER_LEVEL = (2, 2, 3, 3, 3)
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
