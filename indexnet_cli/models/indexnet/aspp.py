"""Atrous spatial pyramid pooling between encoder and decoder (Chen et al., 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.folding import ConvStack
from indexnet_cli.models.indexnet.config import Widths
from indexnet_cli.models.indexnet.layers import conv_norm_relu, depthwise_separable

RATES = {32: (2, 4, 8), 16: (6, 12, 18), 8: (12, 24, 36)}


class _AtrousBranch(nn.Module):
    """Holds a branch under the published name ``atrous_conv``."""

    def __init__(self, layers: ConvStack) -> None:
        super().__init__()
        self.atrous_conv = layers

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.atrous_conv(x)
        return y


class ASPP(nn.Module):
    """1x1, three depthwise separable atrous branches and global pooling, joined by a 1x1.

    ``branch_channels``: what each of the five gives, in this order.
    ``mean``, N x C x 1 x 1, stands for the global pooling where ``x`` is a region of a map.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        output_stride: int,
        branch_channels: Sequence[int],
    ) -> None:
        super().__init__()
        plain, *atrous, pooled = branch_channels
        self.aspp1 = _AtrousBranch(conv_norm_relu(in_channels, plain, 1))
        rates = zip(RATES[output_stride], atrous, strict=True)
        for number, (rate, channels) in enumerate(rates, start=2):
            branch = depthwise_separable(in_channels, channels, 3, dilation=rate)
            self.add_module(f"aspp{number}", _AtrousBranch(branch))
        self.global_avg_pool = ConvStack(
            nn.AdaptiveAvgPool2d(1), *conv_norm_relu(in_channels, pooled, 1)
        )
        self.bottleneck_conv = conv_norm_relu(sum(branch_channels), out_channels, 1)
        self.dropout = nn.Dropout(0.5)

    @property
    def branches(self) -> list[nn.Module]:
        """The layers of the five branches, in the order in which their channels are joined."""
        atrous = [self.get_submodule(f"aspp{number}.atrous_conv") for number in range(1, 5)]
        return [*atrous, self.global_avg_pool]

    def forward(self, x: Tensor, mean: Tensor | None = None) -> Tensor:
        branches = [self.get_submodule(f"aspp{number}")(x) for number in range(1, 5)]
        pooled = self.global_avg_pool(x if mean is None else mean)
        branches.append(F.interpolate(pooled, size=x.shape[-2:], mode="nearest"))
        y: Tensor = self.dropout(self.bottleneck_conv(torch.cat(branches, dim=1)))
        return y


def build_bridge(
    in_channels: int,
    out_channels: int,
    output_stride: int,
    aspp: bool,
    branch_channels: Sequence[int] = Widths().aspp,
) -> nn.Module:
    """What joins encoder and decoder: ASPP, or a 1x1 convolution where it is switched off."""
    if aspp:
        return ASPP(in_channels, out_channels, output_stride, branch_channels)
    return conv_norm_relu(in_channels, out_channels, 1)
