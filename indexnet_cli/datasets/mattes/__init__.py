"""The kinds of matte: what each draws, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from indexnet_cli.datasets.mattes import (
    blur,
    feather,
    fur,
    glass_veil,
    hair,
    keyed,
    leaves_branches,
    net_lace,
    pack_alpha,
    pack_fg,
    smoke,
    text_shape,
)
from indexnet_cli.datasets.mattes.drawing import Matte


class Kind(NamedTuple):
    """A function and its share of the samples.

    ``draw(rng, size)`` gives a Matte of size x size pixels; where ``from_pack`` is set,
    ``draw(rng, size, part)`` does.
    """

    draw: Callable[..., Matte]
    weight: float
    from_pack: bool = False


KINDS: dict[str, Kind] = {
    "hair": Kind(hair.draw, 0.26),
    "fur": Kind(fur.draw, 0.08),
    "feather": Kind(feather.draw, 0.03),
    "leaves_branches": Kind(leaves_branches.draw, 0.08),
    "net_lace": Kind(net_lace.draw, 0.13),
    "smoke": Kind(smoke.draw, 0.01),
    "glass_veil": Kind(glass_veil.draw, 0.08),
    "blur": Kind(blur.draw, 0.05),
    "text_shape": Kind(text_shape.draw, 0.02),
    "keyed": Kind(keyed.draw, 0.02, True),
    "pack_fg": Kind(pack_fg.draw, 0.20, True),
    "pack_alpha": Kind(pack_alpha.draw, 0.04, True),
}
