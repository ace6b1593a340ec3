"""The convolution stack that both branches of AimNet are made of."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from indexnet_cli.models.folding import ConvStack


def conv_norm_relu(*channels: int, dilation: int = 1, upscale: int = 1) -> ConvStack:
    """3x3 convolutions (with bias), each with batch norm and ReLU, from channels to channels.

    ``upscale`` above 1 ends the stack with bilinear upsampling by that factor.
    """
    layers: list[nn.Module] = []
    for in_channels, out_channels in pairwise(channels):
        layers += [
            nn.Conv2d(in_channels, out_channels, 3, padding=dilation, dilation=dilation),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        ]
    if upscale > 1:
        layers.append(nn.Upsample(scale_factor=upscale, mode="bilinear", align_corners=False))
    return ConvStack(*layers)
