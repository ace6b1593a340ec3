"""The U-Net baseline of the IndexNet paper: max-pooling and unpooling at the same places."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.indexnet.aspp import build_bridge
from indexnet_cli.models.indexnet.config import DECODER_CHANNELS, IndexNetConfig
from indexnet_cli.models.indexnet.encoder import (
    build_stages,
    reducing_stages,
    scaled_channels,
    stage_channels,
)
from indexnet_cli.models.indexnet.network import BRIDGE_CHANNELS, build_decoder


class UNetStyle(nn.Module):
    """IndexNet's encoder and decoder with the positions of maxima in place of learned indices.

    Input N x 4 x H x W, output N x 1 x H x W, as IndexNet's; H and W multiples of 32, whatever
    the output stride (16 and 8 leave out the last one or two poolings).
    """

    def __init__(self, config: IndexNetConfig) -> None:
        super().__init__()
        width = config.width_mult
        self.reducing = reducing_stages(config.output_stride)
        for name, encoder_stage in build_stages(config.output_stride, width).items():
            self.add_module(name, encoder_stage)
        channels = stage_channels(width)
        in_channels = scaled_channels(BRIDGE_CHANNELS, width)
        self.dconv_pp = build_bridge(
            channels[7],
            in_channels,
            config.output_stride,
            config.aspp,
            [scaled_channels(branch, width) for branch in config.widths.aspp],
        )
        out_channels = {k: scaled_channels(c, width) for k, c in DECODER_CHANNELS.items()}
        for name, part in build_decoder(config, in_channels, out_channels, channels).items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        skips: dict[int, Tensor] = {}
        maxima: dict[int, Tensor] = {}
        for level in range(7):
            x = skips[level] = self.get_submodule(f"layer{level}")(x)
            if level in self.reducing:
                x, maxima[level] = F.max_pool2d(x, 2, return_indices=True)
        x = self.dconv_pp(self.get_submodule("layer7")(x))
        for level in DECODER_CHANNELS:
            if level in self.reducing:
                x = F.max_unpool2d(x, maxima[level], (2, 2))
            x = self.get_submodule(f"decoder_layer{level}")(x, skips[level])
        alpha: Tensor = self.get_submodule("pred")(x)
        return alpha
