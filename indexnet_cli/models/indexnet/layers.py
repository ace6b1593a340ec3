"""The convolution blocks that every part of IndexNet is made of."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.folding import ConvStack
from indexnet_cli.models.indexnet.config import ConvOperator


def conv_norm_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    stride: int = 1,
    padding: int | None = None,
) -> ConvStack:
    """Convolution without bias, batch norm, ReLU6; ``padding`` defaults to ``kernel_size // 2``."""
    if padding is None:
        padding = kernel_size // 2
    return ConvStack(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )


def resize_bilinear(x: Tensor, size: Sequence[int]) -> Tensor:
    """``x`` resampled to height and width ``size`` with corners aligned, as the baselines do."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=True)


def depthwise_separable(
    in_channels: int, out_channels: int, kernel_size: int, dilation: int = 1
) -> ConvStack:
    """Depthwise k x k then pointwise convolution, each with batch norm and ReLU6."""
    padding = dilation * (kernel_size // 2)
    return ConvStack(
        nn.Conv2d(
            in_channels,
            in_channels,
            kernel_size,
            padding=padding,
            dilation=dilation,
            groups=in_channels,
            bias=False,
        ),
        nn.BatchNorm2d(in_channels),
        nn.ReLU6(inplace=True),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(inplace=True),
    )


def decoder_conv(
    operator: ConvOperator, in_channels: int, out_channels: int, kernel_size: int
) -> ConvStack:
    """The decoder's convolution: standard, or depthwise separable."""
    if operator == "dep_sep_conv":
        return depthwise_separable(in_channels, out_channels, kernel_size)
    return conv_norm_relu(in_channels, out_channels, kernel_size)


class InvertedResidual(nn.Module):
    """MobileNetV2's block as the IndexNet authors run it (Sandler et al., CVPR 2018).

    The block's *input* is padded, before the 1x1 expansion, so the border that the depthwise
    convolution sees is ReLU6(BN(0)) and not zero; published weights depend on it. Inside it has
    ``hidden`` channels, or else ``expansion`` times those of its input.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        dilation: int,
        expansion: int,
        residual: bool,
        hidden: int | None = None,
    ) -> None:
        super().__init__()
        hidden = hidden or round(in_channels * expansion)
        self.border = dilation
        self.residual = residual
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [
                nn.Conv2d(in_channels, hidden, 1, bias=False),
                nn.BatchNorm2d(hidden),
                nn.ReLU6(inplace=True),
            ]
        layers += [
            nn.Conv2d(hidden, hidden, 3, stride, dilation=dilation, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(inplace=True),
            nn.Conv2d(hidden, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        ]
        self.conv = ConvStack(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(F.pad(x, (self.border,) * 4))
        return x + y if self.residual else y
