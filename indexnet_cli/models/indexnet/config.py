"""What the published IndexNet code can be configured to, in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Decoder = Literal["indexnet", "unet_style", "deeplabv3+", "refinenet"]


@dataclass(frozen=True)
class IndexNetConfig:
    """The options of the published training command; the defaults are the released network.

    ``index_kind``: ``holistic``, ``o2o`` or ``m2o`` (one-to-one, many-to-one depthwise);
    ``width_mult`` applies to the ``unet_style`` decoder only, as published.
    """

    decoder: Decoder = "indexnet"
    index_kind: Literal["holistic", "o2o", "m2o"] = "m2o"
    nonlinear: bool = True
    context: bool = True
    output_stride: Literal[32, 16, 8] = 32
    aspp: bool = True
    conv_operator: Literal["std_conv", "dep_sep_conv"] = "std_conv"
    decoder_kernel_size: int = 5
    width_mult: float = 1.0
