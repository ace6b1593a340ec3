"""Convolutions with ReLU in a row, for inference, without rearranging the maps between them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.folding import has_fused_convolution

FEWEST_VALUES = (
    20480  # of a map; torch takes smaller ones to kernels of its own, which sum otherwise
)


class ConvChain(nn.Module):
    """``convs`` one after the other, each with ReLU.

    oneDNN computes an N x C x H x W map in blocks of channels: every convolution rearranges its
    input into them, and its output back. Here only the ends of the chain are rearranged. Kernels
    and sums are the same, to the last bit, which max-pooling behind them is sensitive to; in a
    chain whose channels become fewer, but for small maps.
    """

    def __init__(self, convs: Iterable[nn.Conv2d]) -> None:
        super().__init__()
        self.convs = nn.ModuleList(convs)

    def forward(self, x: Tensor) -> Tensor:
        if not _can_be_blocked(x):
            for conv in self.convs:
                x = F.relu_(conv(x))
            return x
        x = x.to_mkldnn()
        for conv in self.convs:
            x = torch.ops.mkldnn._convolution_pointwise(
                x,
                conv.weight,
                conv.bias,
                conv.padding,
                conv.stride,
                conv.dilation,
                conv.groups,
                "relu",
                [],
                "",
            )
        return x.to_dense()


def _can_be_blocked(x: Tensor) -> bool:
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and x.is_contiguous()
        and x.numel() > FEWEST_VALUES
        and not torch.is_autocast_enabled("cpu")
        and has_fused_convolution(x.dtype)
    )
