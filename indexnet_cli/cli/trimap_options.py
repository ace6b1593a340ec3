"""Options for making trimaps, the same in every command that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from indexnet_cli.imaging.grabcut import Box, Point
    from indexnet_cli.imaging.trimap_style import TrimapStyle

ErodeOption = Annotated[
    str,
    typer.Option(
        "--erode",
        metavar="R",
        help="Radius by which a mask's inside becomes unknown: pixels (12) or a share of the "
        "picture's shorter side (1.5%).",
    ),
]
DilateOption = Annotated[
    str | None,
    typer.Option(
        "--dilate",
        metavar="R",
        help="The same outwards; as --erode if not given.",
        show_default=False,
    ),
]
BoxOption = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="X,Y,W,H",
        help="Box around the subject, in pixels; GrabCut finds a mask in it.",
        show_default=False,
    ),
]
DEFAULT_ERODE = "1.5%"


def mask_style(erode: str, dilate: str | None) -> TrimapStyle:
    """How a trimap is made of a mask. Raises UsageError for what is no radius."""
    from indexnet_cli.imaging.trimap_style import MASK_THRESHOLDS, Radius, TrimapStyle

    return TrimapStyle(
        erode=Radius.parse(erode),
        dilate=None if dilate is None else Radius.parse(dilate),
        thresholds=MASK_THRESHOLDS,
    )


def parse_box(text: str) -> Box:
    """Read ``x,y,w,h``. Raises UsageError."""
    numbers = _integers(text, 4)
    if numbers is None or numbers[2] < 1 or numbers[3] < 1:
        raise UsageError(
            f"{text!r} is no box.", "Give x,y,width,height in pixels: --box 120,40,600,800."
        )
    return numbers[0], numbers[1], numbers[2], numbers[3]


def parse_point(text: str) -> Point:
    """Read ``x,y``. Raises UsageError."""
    numbers = _integers(text, 2)
    if numbers is None:
        raise UsageError(f"{text!r} is no point.", "Give x,y in pixels: --point 400,300.")
    return numbers[0], numbers[1]


def _integers(text: str, count: int) -> list[int] | None:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        return None
    return numbers if len(numbers) == count else None
