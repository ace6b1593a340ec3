"""The MobileNetV2 encoder's stages (Sandler et al., CVPR 2018), on four input channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from indexnet_cli.models.folding import ConvStack
from indexnet_cli.models.indexnet.layers import InvertedResidual, conv_norm_relu

IN_CHANNELS = 4  # normalised RGB and trimap / 255


@dataclass(frozen=True)
class Stage:
    """A stage of inverted residuals; ``strided`` where the ImageNet network halves its input."""

    channels: int
    blocks: int
    expansion: int
    strided: bool


STEM_CHANNELS = 32
STAGES = {
    1: Stage(16, 1, 1, strided=False),
    2: Stage(24, 2, 6, strided=True),
    3: Stage(32, 3, 6, strided=True),
    4: Stage(64, 4, 6, strided=True),
    5: Stage(96, 3, 6, strided=False),
    6: Stage(160, 3, 6, strided=True),
    7: Stage(320, 1, 6, strided=False),
}


def reducing_stages(output_stride: int) -> tuple[int, ...]:
    """The stages (0 is the stem) that halve the resolution, for output stride 32, 16 or 8."""
    return {32: (0, 2, 3, 4, 6), 16: (0, 2, 3, 4), 8: (0, 2, 3)}[output_stride]


def scaled_channels(channels: int, width_mult: float) -> int:
    """Channels under the width multiplier; rounded down, as published."""
    return int(channels * width_mult)


def stage_channels(width_mult: float = 1.0) -> dict[int, int]:
    """Output channels of the encoder's stages 0 to 7."""
    channels = {0: STEM_CHANNELS, **{level: stage.channels for level, stage in STAGES.items()}}
    return {level: scaled_channels(count, width_mult) for level, count in channels.items()}


def build_stages(
    output_stride: int,
    width_mult: float = 1.0,
    keep_strides: bool = False,
    hidden: Mapping[int, tuple[int, ...]] | None = None,
) -> dict[str, nn.Module]:
    """``layer0`` ... ``layer7``, to be registered by the network under these published names.

    With ``keep_strides`` each reducing stage strides in its first block, as in the ImageNet
    network; otherwise every stage keeps its resolution and the caller pools after it. A stage
    that no longer reduces passes its factor on as dilation to the blocks behind its first.
    ``hidden``: the channels inside each block of the stages in which they are not the published.
    """
    reducing = reducing_stages(output_stride)
    in_channels = scaled_channels(STEM_CHANNELS, width_mult)
    stem_stride = 2 if keep_strides else 1
    stages: dict[str, nn.Module] = {
        "layer0": conv_norm_relu(IN_CHANNELS, in_channels, 3, stem_stride)
    }
    dilation = 1
    for level, stage in STAGES.items():
        out_channels = scaled_channels(stage.channels, width_mult)
        inside = (hidden or {}).get(level, (None,) * stage.blocks)
        first_dilation = dilation
        if stage.strided and level not in reducing:
            dilation *= 2
        blocks = []
        for number, width in enumerate(inside):
            first = number == 0
            stride = 2 if keep_strides and first and stage.strided and level in reducing else 1
            blocks.append(
                InvertedResidual(
                    in_channels,
                    out_channels,
                    stride,
                    first_dilation if first else dilation,
                    stage.expansion,
                    residual=not first,
                    hidden=width,
                )
            )
            in_channels = out_channels
        stages[f"layer{level}"] = ConvStack(*blocks)
    return stages
