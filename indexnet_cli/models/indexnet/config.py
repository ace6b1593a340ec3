"""What the published IndexNet code can be configured to, in plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Decoder = Literal["indexnet", "unet_style", "deeplabv3+", "refinenet"]
IndexKind = Literal["holistic", "o2o", "m2o"]
ConvOperator = Literal["std_conv", "dep_sep_conv"]

OUTPUT_STRIDES: dict[str, tuple[int, ...]] = {
    "indexnet": (32, 16),
    "unet_style": (32, 16, 8),
    "deeplabv3+": (32, 16),
    "refinenet": (32, 16),
}
ASPP_BRANCHES = 5  # one 1x1, three atrous, the global pooling
ASPP_CHANNELS = 256
DECODER_CHANNELS = {6: 96, 5: 64, 4: 32, 3: 24, 2: 16, 1: 32, 0: 32}


@dataclass(frozen=True)
class Widths:
    """Channels inside the parts of an IndexNet, by the number in the published name.

    ``blocks``: inside each inverted residual of an encoder stage; ``index``: inside each branch of
    a depthwise index block; ``aspp``: what each branch gives; ``decoder``: what a decoder layer
    gives to another of its resolution, or to the head (others are bound to an index map). What is
    not named has its released width, which are the defaults.
    """

    blocks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    index: Mapping[int, int] = field(default_factory=dict)
    aspp: tuple[int, ...] = (ASPP_CHANNELS,) * ASPP_BRANCHES
    decoder: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class IndexNetConfig:
    """The options of the published training command; the defaults are the released network.

    ``index_kind``: ``holistic``, ``o2o`` or ``m2o`` (one-to-one, many-to-one depthwise);
    ``width_mult`` applies to the ``unet_style`` decoder only, as published. ``widths`` is ours,
    for the ``indexnet`` decoder.
    """

    decoder: Decoder = "indexnet"
    index_kind: IndexKind = "m2o"
    nonlinear: bool = True
    context: bool = True
    output_stride: Literal[32, 16, 8] = 32
    aspp: bool = True
    conv_operator: ConvOperator = "std_conv"
    decoder_kernel_size: int = 5
    width_mult: float = 1.0
    widths: Widths = Widths()

    def check(self) -> None:
        """Raises ``ValueError`` where the published code has no such network."""
        for option, value, choices in (
            ("decoder", self.decoder, get_args(Decoder)),
            ("index_kind", self.index_kind, get_args(IndexKind)),
            ("conv_operator", self.conv_operator, get_args(ConvOperator)),
        ):
            if value not in choices:
                raise ValueError(f"{option} is {value!r}, not one of {', '.join(choices)}")
        strides = OUTPUT_STRIDES[self.decoder]
        if self.output_stride not in strides:
            raise ValueError(
                f"the {self.decoder} decoder has output stride "
                f"{' or '.join(map(str, strides))}, not {self.output_stride}"
            )
        if self.width_mult != 1.0 and self.decoder != "unet_style":
            raise ValueError(f"the {self.decoder} decoder has no width multiplier")
        if self.widths != Widths() and self.decoder != "indexnet":
            raise ValueError(f"the {self.decoder} decoder has no widths of its parts")
        if self.width_mult <= 0:
            raise ValueError(f"the width multiplier must be positive, not {self.width_mult}")
        if self.decoder_kernel_size < 1 or self.decoder_kernel_size % 2 == 0:
            raise ValueError(
                f"the decoder's kernel size must be odd, not {self.decoder_kernel_size}"
            )
