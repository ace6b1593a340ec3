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
    rendered,
    smoke,
    text_shape,
)
from indexnet_cli.datasets.mattes.drawing import Matte
from indexnet_cli.datasets.pack import Pack


class Kind(NamedTuple):
    """A function and how often it draws, beside the others.

    ``draw(rng, size)`` gives a Matte of size x size pixels; where a ``folder`` of the pack is
    named, ``draw(rng, size, part)`` does, from that.
    """

    draw: Callable[..., Matte]
    weight: float
    folder: str = ""


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
    "keyed": Kind(keyed.draw, 0.02, "bg"),
    "pack_fg": Kind(pack_fg.draw, 0.20, "fg"),
    "pack_alpha": Kind(pack_alpha.draw, 0.04, "alpha"),
    "rendered": Kind(rendered.draw, 0.25, "rendered"),
}


def kinds_of(pack: Pack) -> list[str]:
    """The kinds that can be drawn with a pack: all, but for folders that it does not have."""
    return [name for name, kind in KINDS.items() if not kind.folder or pack.has(kind.folder)]
