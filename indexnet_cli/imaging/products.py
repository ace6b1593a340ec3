"""What is written of a matted picture: matte, trimap, cut-out, foreground, composite, preview."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.backgrounds import Background
from indexnet_cli.imaging.compositing import composite, cutout
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.levels import convert_depth, from_float, to_float
from indexnet_cli.imaging.placement import Placement
from indexnet_cli.imaging.preview import preview_strip
from indexnet_cli.imaging.reading import Picture
from indexnet_cli.imaging.writing import (
    Destination,
    check_destination,
    fitting_bits,
    write_alpha,
    write_levels,
    write_rgba,
)

PRODUCTS = ("alpha", "trimap", "cutout", "foreground", "composite", "preview")
CENTRED = Placement()


@dataclass(frozen=True)
class ProductStyle:
    """What to write, and how.

    ``bits`` of 8 or 16, None for the picture's own; ``suffix`` (.png) of mattes and colours,
    trimaps are always PNG, previews JPEG; ``estimate``: estimate the foreground's colours rather
    than take the picture's; ``linear``: blend in linear light.
    """

    kinds: tuple[str, ...] = ("alpha",)
    background: Background | None = None
    linear: bool = False
    estimate: bool = True
    bits: int | None = None
    suffix: str = ".png"

    def __post_init__(self) -> None:
        if self.bits not in (None, 8, 16):
            raise UsageError(f"A picture has 8 or 16 bits a channel, not {self.bits}.")
        if "composite" in self.kinds and self.background is None:
            raise UsageError(
                "A composite needs a background.",
                "Give a colour, a picture, blur or transparent with --background.",
            )

    def transparent(self, kind: str) -> bool:
        """Whether that product has an alpha channel."""
        if kind == "composite":
            return self.background is not None and self.background.kind == "transparent"
        return kind == "cutout"


@dataclass(frozen=True)
class Matted:
    """A picture with its matte (HxW in [0, 1]) and, where there was one, its trimap."""

    picture: Picture
    trimap: NDArray[np.uint8] | None
    alpha: NDArray[np.float32]
    estimate: bool = True

    @cached_property
    def foreground(self) -> NDArray[np.float32]:
        """The foreground's colours HxWx3 in [0, 1], estimated once for all products."""
        if not self.estimate:
            return to_float(self.picture.native)
        return estimate_foreground(self.picture.native, self.alpha)


def parse_kinds(text: str) -> tuple[str, ...]:
    """Read ``alpha,cutout``: names of PRODUCTS, in their order. Raises UsageError."""
    named = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(named - set(PRODUCTS))
    if unknown or not named:
        raise UsageError(
            f"--save does not know {', '.join(unknown) or 'an empty list'}.",
            f"Known: {', '.join(PRODUCTS)}.",
        )
    return tuple(kind for kind in PRODUCTS if kind in named)


def product_suffix(kind: str, style: ProductStyle) -> str:
    """Suffix of the file name of that product."""
    return {"trimap": ".png", "preview": ".jpg"}.get(kind, style.suffix)


def check_product(
    kind: str, destination: Destination, style: ProductStyle, overwrite: bool
) -> None:
    """Refuse before the work what could not be written after it; raises as check_destination."""
    plain = kind in ("trimap", "preview")
    bits = 8 if plain or style.bits is None else style.bits
    check_destination(destination, overwrite, bits, style.transparent(kind))
    lossy = isinstance(destination, Path) and destination.suffix.lower() in (".jpg", ".jpeg")
    if kind == "trimap" and lossy:
        raise UsageError(f"{destination}: JPEG blurs the classes of a trimap.", "Use .png.")


def write_product(
    kind: str,
    matted: Matted,
    destination: Destination,
    style: ProductStyle,
    overwrite: bool = False,
) -> None:
    """Render one product and write it. Raises OutputError, UsageError as ``write_alpha``."""
    picture = matted.picture
    if kind == "alpha":
        bits = _bits(picture, destination, style)
        write_alpha(matted.alpha, destination, bits, overwrite, picture.tags)
    elif kind == "trimap":
        assert matted.trimap is not None
        write_levels(matted.trimap, destination, overwrite)
    elif kind == "preview":
        write_rgba(_preview(matted), destination, overwrite)
    elif kind == "composite":
        write_colours(compose(matted, style), picture, destination, style, overwrite)
    elif kind == "cutout":
        pixels = cutout(picture.native, matted.alpha, matted.foreground)
        write_colours(pixels, picture, destination, style, overwrite)
    else:
        pixels = from_float(matted.foreground, picture.native.dtype)
        write_colours(pixels, picture, destination, style, overwrite)


def compose(
    matted: Matted,
    style: ProductStyle,
    placement: Placement = CENTRED,
    size_of_background: bool = False,
) -> NDArray[Any]:
    """The subject over the style's background: HxWx3, or HxWx4 over a transparent one.

    Of the picture's type and size, or with ``size_of_background`` of that of the background's
    picture. Raises InputError when the background cannot be read.
    """
    background, native = style.background, matted.picture.native
    assert background is not None
    canvas = background.size() if size_of_background else matted.alpha.shape
    height, width = canvas[0], canvas[1]
    foreground, alpha = placement.apply(matted.foreground, matted.alpha, (height, width))
    if background.kind == "transparent":
        return cutout(np.empty((0, 0, 3), native.dtype), alpha, foreground)
    profile = matted.picture.tags.icc_profile
    behind = background.render(native, matted.alpha, (height, width), profile)
    return from_float(composite(foreground, behind, alpha, style.linear), native.dtype)


def write_colours(
    pixels: NDArray[Any],
    picture: Picture,
    destination: Destination,
    style: ProductStyle,
    overwrite: bool = False,
) -> None:
    """Write HxWx3 or HxWx4 made of ``picture``, with its tags, in the bits that style asks for."""
    depth = np.uint16 if _bits(picture, destination, style) == 16 else np.uint8
    write_rgba(convert_depth(pixels, depth), destination, overwrite, picture.tags)


def _bits(picture: Picture, destination: Destination, style: ProductStyle) -> int:
    return style.bits or fitting_bits(destination, 8 * picture.native.dtype.itemsize)


def _preview(matted: Matted) -> NDArray[np.uint8]:
    picture = matted.picture
    foreground = matted.foreground
    if picture.native is not picture.pixels:  # the strip is sRGB, as its file says nothing else
        foreground = estimate_foreground(picture.pixels, matted.alpha)
    return preview_strip(picture.pixels, matted.trimap, matted.alpha, foreground)
