"""IndexNet matting in its released and ablated configurations (Lu et al., ICCV 2019)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.aspp import ASPP, build_bridge
from indexnet_cli.models.indexnet.config import DECODER_CHANNELS, IndexNetConfig
from indexnet_cli.models.indexnet.encoder import (
    build_stages,
    reducing_stages,
    stage_channels,
)
from indexnet_cli.models.indexnet.index_blocks import build_index_block, sum_cells, upsample, weigh
from indexnet_cli.models.indexnet.layers import ConvOperator, decoder_conv

BRIDGE_CHANNELS = 160


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


@dataclass(frozen=True)
class Encoded:
    """What an encoder stage hands on: to its decoder ``skips`` and ``index``, and ``pooled``.

    ``skips`` by level, N x C x H x W; ``index`` N x (C or 1) x 4 x H/2 x W/2; ``pooled``
    N x C x H/2 x W/2.
    """

    skips: dict[int, Tensor]
    index: Tensor
    pooled: Tensor


class IndexNet(nn.Module):
    """Encoder with index-guided pooling, ASPP, decoder with index-guided upsampling.

    Input N x 4 x H x W: RGB normalised by the ImageNet statistics, and trimap / 255; H and W
    multiples of the output stride. Output N x 1 x H x W: alpha before clipping to [0, 1].

    The network is cut where its resolution changes, so that a caller can compute regions of a
    stage alone: ``encode`` and ``decode`` for stages 0, 1, ... of stride 1, 2, ..., and ``bottom``
    between them. All but the bottom's global pooling is convolution; the ``reach`` of a stage
    says how many pixels around a region decide its values.
    """

    def __init__(self, config: IndexNetConfig) -> None:
        super().__init__()
        self.reducing = reducing_stages(config.output_stride)
        self.stages, self.bottom_levels = _cut(self.reducing)
        self.head_in_float32 = False
        self.index_kind = config.index_kind
        widths = config.widths
        self.decoder_channels = {**DECODER_CHANNELS, **widths.decoder}
        highest = self.bottom_levels[:1]
        self.bottom_channels = self.decoder_channels[highest[0]] if highest else BRIDGE_CHANNELS
        for name, stage in build_stages(config.output_stride, hidden=widths.blocks).items():
            self.add_module(name, stage)
        channels = stage_channels()
        for level in self.reducing:
            block = build_index_block(
                config.index_kind,
                channels[level],
                config.nonlinear,
                config.context,
                widths.index.get(level),
            )
            self.add_module(f"index{level}", block)
        self.dconv_pp = build_bridge(
            channels[7], BRIDGE_CHANNELS, config.output_stride, config.aspp, widths.aspp
        )
        decoder = build_decoder(config, BRIDGE_CHANNELS, self.decoder_channels, channels)
        for name, part in decoder.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        encoded = []
        for stage in range(len(self.stages)):
            encoded.append(self.encode(stage, x))
            x = encoded[-1].pooled
        x = self.bottom(x)
        for stage in reversed(range(len(self.stages))):
            x = self.decode(stage, x, encoded[stage].skips, encoded[stage].index)
        return x

    def encode(self, stage: int, x: Tensor) -> Encoded:
        """The levels of a stage and its index pooling, on N x C x H x W input; H and W even."""
        *inner, last = self.stages[stage]
        skips: dict[int, Tensor] = {}
        for level in inner:
            x = skips[level] = self.get_submodule(f"layer{level}")(x)
        x = self.get_submodule(f"layer{last}")(x)
        encoder_index, decoder_index = self.get_submodule(f"index{last}")(x)
        skips[last] = weigh(x, encoder_index)  # the weighed features are the skip, as published
        return Encoded(skips, decoder_index, sum_cells(skips[last]))

    def decode(self, stage: int, x: Tensor, skips: dict[int, Tensor], index: Tensor) -> Tensor:
        """Features of half the stage's resolution to its own; those of stage 0 to alpha."""
        x = upsample(x, index)
        for level in reversed(self.stages[stage]):
            x = self.get_submodule(f"decoder_layer{level}")(x, skips[level])
        if stage == 0:
            x = self.get_submodule("pred")(x.float() if self.head_in_float32 else x)
        return x

    def to_precision(self, encoder: torch.dtype, decoder: torch.dtype) -> IndexNet:
        """Weights for inference: of ``encode`` and ``bottom``, of ``decode``; returns itself.

        The two layers that make alpha stay in float32: half a grey level of alpha is beyond the
        eight bits of bfloat16, and they are a hundredth of the work.
        """
        decoding = {name for stage in range(len(self.stages)) for name in self._decoder(stage)}
        for name, part in self.named_children():
            if name != "pred":
                part.to(decoder if name in decoding else encoder)
        self.head_in_float32 = decoder != torch.float32
        return self

    def bottom(self, x: Tensor, mean: Tensor | None = None) -> Tensor:
        """What lies between the last encoder stage and its decoder.

        ``mean``, N x C x 1 x 1: that of ``deepest`` over the whole picture, if ``x`` is a region.
        """
        skips, x = self._deepest(x)
        x = self.dconv_pp(x, mean) if isinstance(self.dconv_pp, ASPP) else self.dconv_pp(x)
        for level in reversed(self.bottom_levels):
            x = self.get_submodule(f"decoder_layer{level}")(x, skips[level])
        return x

    def deepest(self, x: Tensor) -> Tensor:
        """The part of ``bottom`` before ASPP, which pools it globally."""
        return self._deepest(x)[1]

    def _deepest(self, x: Tensor) -> tuple[dict[int, Tensor], Tensor]:
        skips: dict[int, Tensor] = {}
        for level in self.bottom_levels:
            x = skips[level] = self.get_submodule(f"layer{level}")(x)
        return skips, self.get_submodule("layer7")(x)

    def encode_reach(self, stage: int) -> int:
        """How far ``encode`` looks, in pixels of the stage."""
        return self._reach(self._encoder(stage))

    def decode_reach(self, stage: int) -> int:
        """How far ``decode`` looks, in pixels of the stage."""
        return self._reach(self._decoder(stage))

    def deepest_reach(self) -> int:
        """How far ``deepest`` looks, in pixels of its input."""
        return self._reach([*(f"layer{level}" for level in self.bottom_levels), "layer7"])

    def bottom_reach(self) -> int:
        """How far ``bottom`` looks, in pixels of its input; the global mean aside."""
        decoder = [f"decoder_layer{level}" for level in self.bottom_levels]
        return self.deepest_reach() + self._reach(["dconv_pp", *decoder])

    def skip_values(self, stage: int) -> int:
        """How many values a pixel of the stage its skips and its index hold."""
        levels, channels = self.stages[stage], stage_channels()
        index_channels = 1 if self.index_kind == "holistic" else channels[levels[-1]]
        return sum(channels[level] for level in levels) + index_channels

    def working_values(self, stage: int) -> int:
        """About how many values a pixel of a stage (or behind the last) has in memory at once.

        The widest convolution's input and output, and half as much again for what waits.
        """
        if stage == len(self.stages):
            names = ["layer7", "dconv_pp", *(f"layer{level}" for level in self.bottom_levels)]
        else:
            names = self._encoder(stage) + self._decoder(stage)
        widths = [
            module.in_channels + module.out_channels // (module.stride[0] * module.stride[1])
            for name in names
            for module in self.get_submodule(name).modules()
            if isinstance(module, nn.Conv2d)
        ]
        return 3 * max(widths) // 2

    def _encoder(self, stage: int) -> list[str]:
        levels = self.stages[stage]
        return [*(f"layer{level}" for level in levels), f"index{levels[-1]}"]

    def _decoder(self, stage: int) -> list[str]:
        layers = [f"decoder_layer{level}" for level in self.stages[stage]]
        return [*layers, "pred"] if stage == 0 else layers

    def _reach(self, names: list[str]) -> int:
        return sum(reach(self.get_submodule(name)) for name in names)


def _cut(reducing: tuple[int, ...]) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    """The encoder's levels in stages of one resolution, each ending in a pooling, and the rest."""
    starts = [0, *(level + 1 for level in reducing)]
    stages = [tuple(range(start, end + 1)) for start, end in zip(starts, reducing, strict=False)]
    return stages, tuple(range(starts[-1], 7))


def reach(module: nn.Module) -> int:
    """How many pixels around an output pixel ``module`` looks at, at its input's resolution."""
    if isinstance(module, nn.Conv2d):
        return max(
            dilation * ((kernel - 1) // 2)
            for kernel, dilation in zip(module.kernel_size, module.dilation, strict=True)
        )
    parts = [reach(part) for part in module.children()]
    return sum(parts) if isinstance(module, nn.Sequential) else max(parts, default=0)
