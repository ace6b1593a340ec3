"""Options for what is written of a matted picture, the same in every command that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from indexnet_cli.imaging.products import ProductStyle

SaveOption = Annotated[
    str | None,
    typer.Option(
        "--save",
        metavar="LIST",
        help="What to write, with commas between: alpha, trimap, cutout (transparent, without the "
        "old background's colour in its edges), foreground, composite, preview. Default: alpha, "
        "and composite with --background.",
        show_default=False,
    ),
]
BackgroundOption = Annotated[
    str | None,
    typer.Option(
        "--background",
        "--bg",
        metavar="WHAT",
        help="For the composite: a picture, a colour (white, #00b140), blur (the original, "
        "blurred), blur:R, or transparent.",
        show_default=False,
    ),
]
FitOption = Annotated[
    Literal["fill", "fit", "stretch"],
    typer.Option("--fit", help="Background picture: fill (cropped), fit (on black), or stretched."),
]
BackgroundPositionOption = Annotated[
    str,
    typer.Option(
        "--background-position",
        metavar="PLACE",
        help="Where fill crops and fit places it: center, top, bottom, left, right, or x,y in "
        "percent.",
    ),
]
LinearOption = Annotated[
    bool,
    typer.Option(
        "--linear",
        help="Blend in linear light. Off by default: mattes are estimated on stored values, and "
        "blending those gives the photograph again over its own background.",
    ),
]
NoEstimateOption = Annotated[
    bool,
    typer.Option(
        "--no-estimate",
        help="Take the photograph's colours as they are, the old background in its edges.",
    ),
]
FormatOption = Annotated[
    Literal["png", "tif", "webp"],
    typer.Option("--format", help="Of mattes, cut-outs, foregrounds and composites."),
]
BitsOption = Annotated[
    int | None,
    typer.Option(
        "--bits",
        metavar="8|16",
        help="Bits a channel; 16 for PNG and TIFF. Default: as the image has.",
        show_default=False,
    ),
]


def product_style(
    save: str | None,
    background: str | None,
    fit: Literal["fill", "fit", "stretch"],
    background_position: str,
    linear: bool,
    no_estimate: bool,
    bits: int | None,
    suffix: str,
) -> ProductStyle:
    """The choices as one value. Raises UsageError for what cannot be meant."""
    from indexnet_cli.imaging.backgrounds import Background
    from indexnet_cli.imaging.products import ProductStyle, parse_kinds

    kinds: tuple[str, ...] = ("alpha",) if background is None else ("alpha", "composite")
    return ProductStyle(
        kinds=kinds if save is None else parse_kinds(save),
        background=None
        if background is None
        else Background.parse(background, fit, background_position),
        linear=linear,
        estimate=not no_estimate,
        bits=bits,
        suffix=suffix,
    )
