"""IndexNet matting in its released and ablated configurations (Lu et al., ICCV 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.aspp import build_bridge
from indexnet_cli.models.indexnet.config import IndexNetConfig
from indexnet_cli.models.indexnet.encoder import (
    build_stages,
    reducing_stages,
    stage_channels,
)
from indexnet_cli.models.indexnet.index_blocks import build_index_block, sum_cells, upsample, weigh
from indexnet_cli.models.indexnet.layers import ConvOperator, decoder_conv

BRIDGE_CHANNELS = 160
DECODER_CHANNELS = {6: 96, 5: 64, 4: 32, 3: 24, 2: 16, 1: 32, 0: 32}


class DecoderStage(nn.Module):
    """Concatenates the upsampled features with the encoder's skip and convolves."""

    def __init__(
        self, operator: ConvOperator, in_channels: int, out_channels: int, kernel_size: int
    ) -> None:
        super().__init__()
        self.dconv = decoder_conv(operator, in_channels, out_channels, kernel_size)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        y: Tensor = self.dconv(torch.cat([x, skip], dim=1))
        return y


def build_head(operator: ConvOperator, in_channels: int, kernel_size: int) -> nn.Sequential:
    """Features to one channel of alpha, without final activation."""
    return nn.Sequential(
        decoder_conv(operator, in_channels, 1, kernel_size),
        nn.Conv2d(1, 1, kernel_size, padding=kernel_size // 2, bias=False),
    )


def build_decoder(
    config: IndexNetConfig,
    in_channels: int,
    out_channels: dict[int, int],
    skip_channels: dict[int, int],
) -> dict[str, nn.Module]:
    """``decoder_layer6`` ... ``decoder_layer0`` and ``pred``, under these published names."""
    operator, kernel_size = config.conv_operator, config.decoder_kernel_size
    parts: dict[str, nn.Module] = {}
    for level, channels in out_channels.items():
        joined = in_channels + skip_channels[level]
        parts[f"decoder_layer{level}"] = DecoderStage(operator, joined, channels, kernel_size)
        in_channels = channels
    parts["pred"] = build_head(operator, in_channels, kernel_size)
    return parts


class IndexNet(nn.Module):
    """Encoder with index-guided pooling, ASPP, decoder with index-guided upsampling.

    Input N x 4 x H x W: RGB normalised by the ImageNet statistics, and trimap / 255; H and W
    multiples of the output stride. Output N x 1 x H x W: alpha before clipping to [0, 1].
    """

    def __init__(self, config: IndexNetConfig) -> None:
        super().__init__()
        self.reducing = reducing_stages(config.output_stride)
        for name, stage in build_stages(config.output_stride).items():
            self.add_module(name, stage)
        channels = stage_channels()
        for level in self.reducing:
            block = build_index_block(
                config.index_kind, channels[level], config.nonlinear, config.context
            )
            self.add_module(f"index{level}", block)
        self.dconv_pp = build_bridge(
            channels[7], BRIDGE_CHANNELS, config.output_stride, config.aspp
        )
        decoder = build_decoder(config, BRIDGE_CHANNELS, DECODER_CHANNELS, channels)
        for name, part in decoder.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        skips: dict[int, Tensor] = {}
        decoder_indices: dict[int, Tensor] = {}
        for level in range(7):
            x = self.get_submodule(f"layer{level}")(x)
            if level in self.reducing:
                encoder_index, decoder_indices[level] = self.get_submodule(f"index{level}")(x)
                x = weigh(x, encoder_index)  # the weighed features are the skip, as published
            skips[level] = x
            if level in self.reducing:
                x = sum_cells(x)
        x = self.dconv_pp(self.get_submodule("layer7")(x))
        for level in DECODER_CHANNELS:
            if level in self.reducing:
                x = upsample(x, decoder_indices[level])
            x = self.get_submodule(f"decoder_layer{level}")(x, skips[level])
        alpha: Tensor = self.get_submodule("pred")(x)
        return alpha
