"""Deep Image Matting as the Chainer implementation (kvmanohar22) has it: another decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.vgg16 import CONVS_PER_LEVEL, WIDTH, encoder_layers

DECODER = ("6", "7", "8", "9", "f")  # in the names of the layers, from the deepest level up


class ChainerDeepImageMatting(nn.Module):
    """VGG-16, and a decoder of two 3 x 3 convolutions a level that spreads instead of unpooling.

    Input N x 4 x H x W: RGB / 255 less the mean of the VGG authors, and trimap / 255. Output
    N x 1 x H' x W': alpha in [0, 1], H' and W' being H and W rounded up to multiples of 32.
    Keys: Chainer's link names, ``weight`` for ``W`` and ``bias`` for ``b``. The batch norms that
    its files also hold are never called and do not exist here.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        for name, conv in encoder_layers("conv{level}_{number}", width).items():
            self.add_module(name, conv)
        in_channels = 8 * width
        for stage, factor in zip(DECODER, (8, 8, 4, 2, 1), strict=True):
            for number in (1, 2):
                conv = nn.Conv2d(in_channels, factor * width, 3, padding=1)
                self.add_module(f"conv{stage}_{number}", conv)
                in_channels = factor * width
        self.convv = nn.Conv2d(in_channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        for level, convs in enumerate(CONVS_PER_LEVEL, 1):
            for number in range(1, convs + 1):
                x = F.relu_(self.get_submodule(f"conv{level}_{number}")(x))
            x = F.max_pool2d(x, 2, ceil_mode=True)
        for stage in DECODER:
            for number in (1, 2):
                x = F.relu_(self.get_submodule(f"conv{stage}_{number}")(x))
            x = spread(x)
        return torch.sigmoid(self.convv(x))


def spread(x: Tensor) -> Tensor:
    """``x`` at twice the size, each value added to the 5 x 5 window around its place.

    Chainer's ``unpooling_2d`` with kernel 5, stride 2, padding 1, along one axis after the other:
    row 2i is the sum of rows i-1 and i, row 2i + 1 that of rows i-1, i and i+1.
    """
    for axis in (2, 3):
        margins = (0, 0, 1, 1) if axis == 2 else (1, 1, 0, 0)
        padded, length = F.pad(x, margins), x.shape[axis]
        before, here, after = (padded.narrow(axis, start, length) for start in range(3))
        even = before + here
        x = torch.stack([even, even + after], dim=axis + 1).flatten(axis, axis + 1)
    return x
