"""The DeepLabv3+ baseline of the IndexNet paper (Chen et al., ECCV 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.models.folding import ConvStack
from indexnet_cli.models.indexnet.aspp import build_bridge
from indexnet_cli.models.indexnet.config import ConvOperator, IndexNetConfig
from indexnet_cli.models.indexnet.encoder import build_stages, stage_channels
from indexnet_cli.models.indexnet.layers import conv_norm_relu, decoder_conv, resize_bilinear

CHANNELS = 256
LOW_LEVEL_CHANNELS = 48
LOW_LEVEL_STAGE = 2


class _Decoder(nn.Module):
    """Joins the upsampled features with the narrowed low-level ones."""

    def __init__(self, operator: ConvOperator, low_level_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.first_dconv = conv_norm_relu(low_level_channels, LOW_LEVEL_CHANNELS, 1)
        self.last_dconv = nn.Sequential(
            decoder_conv(operator, CHANNELS + LOW_LEVEL_CHANNELS, CHANNELS, kernel_size),
            decoder_conv(operator, CHANNELS, CHANNELS, kernel_size),
        )

    def forward(self, x: Tensor, low_level: Tensor) -> Tensor:
        low_level = self.first_dconv(low_level)
        x = resize_bilinear(x, low_level.shape[-2:])
        y: Tensor = self.last_dconv(torch.cat([x, low_level], dim=1))
        return y


class DeepLabV3Plus(nn.Module):
    """Strided encoder, ASPP, one skip from stage 2, bilinear upsampling.

    Input N x 4 x H x W, output N x 1 x H x W, as IndexNet's; meant for H and W that leave 1
    when divided by the output stride, whose corners the aligned upsampling then meets.
    """

    def __init__(self, config: IndexNetConfig) -> None:
        super().__init__()
        stages = build_stages(config.output_stride, keep_strides=True)
        for name, stage in stages.items():
            self.add_module(name, stage)
        channels = stage_channels()
        self.dconv_pp = build_bridge(channels[7], CHANNELS, config.output_stride, config.aspp)
        self.decoder = _Decoder(
            config.conv_operator, channels[LOW_LEVEL_STAGE], config.decoder_kernel_size
        )
        self.pred = ConvStack(*conv_norm_relu(CHANNELS, 1, 1), nn.Conv2d(1, 1, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        low_level = x
        for level in range(8):
            x = self.get_submodule(f"layer{level}")(x)
            if level == LOW_LEVEL_STAGE:
                low_level = x
        x = self.decoder(self.dconv_pp(x), low_level)
        return resize_bilinear(self.pred(x), size)
