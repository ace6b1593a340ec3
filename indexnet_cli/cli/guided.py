"""``indexnet matte`` with something that says what is foreground: a trimap, a mask or a box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.places import STREAM, source_of
from indexnet_cli.cli.telling import told_of
from indexnet_cli.cli.trimap_options import mask_style, parse_box
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexnet_cli.imaging.reading import Picture
    from indexnet_cli.imaging.trimap_sources import TrimapSource


def plan_guide(
    image: str,
    trimap: str | None,
    mask: str | None,
    box: str | None,
    erode: str,
    dilate: str | None,
) -> TrimapSource:
    """Where the trimap comes from. Raises UsageError for none, or for more than one."""
    given = {"TRIMAP": trimap, "--mask": mask, "--box": box}
    named = [name for name, value in given.items() if value is not None]
    if not named:
        raise UsageError(
            f"{image}: a trimap is needed to say what is foreground.",
            "Paint one of the same size (black background, white foreground, grey where unsure) "
            "and run `indexnet matte IMAGE TRIMAP`;\n"
            "  or give a rough mask with --mask MASK, or a box around the subject with "
            "--box X,Y,W,H;\n"
            "  without any, `indexnet matte IMAGE --auto` (weights for non-commercial use).",
        )
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other.", "Choose one.")
    if image == STREAM and STREAM in (trimap, mask):
        raise UsageError("Only one of image and trimap can come from standard input.")
    from indexnet_cli.imaging.trimap_sources import TrimapSource

    style = mask_style(erode, dilate)
    if trimap is not None:
        return TrimapSource("trimap", source_of(trimap))
    if mask is not None:
        return TrimapSource("mask", source_of(mask), style=style)
    assert box is not None
    return TrimapSource("box", box=parse_box(box), style=style)


def matte_guided(
    image: str,
    source: TrimapSource,
    model: str | None,
    weights: str | None,
    max_pixels: int,
    options: dict[str, Any],
    out: Output,
) -> tuple[Picture, NDArray[np.uint8], NDArray[np.float32], dict[str, Any]]:
    """Picture, trimap, alpha, and what there is to tell; ``options`` are those of ``Matter``."""
    if model is not None or weights is None:  # else the keys of the weights tell
        model = resolve_model(model or DEFAULT_MODEL).name
    picture, classes, told = _read(image, source, max_pixels, out)
    if told["trimap"]["unknown_share"] == 0:
        alpha = (classes == 255).astype("float32")
        return picture, classes, alpha, {**told, "model": model, "checkpoint": None}
    pull_if_missing(model, weights, out)
    with heavy_imports():
        from indexnet_cli.engine.matter import Matter

    matter = Matter(model, weights, **options)
    with out.progress("matting") as advance:
        matter.on_progress = advance
        alpha = matter.matte(picture.pixels, classes)
    return picture, classes, alpha, {**told, **told_of(matter, out)}


def _read(
    image: str, source: TrimapSource, max_pixels: int, out: Output
) -> tuple[Picture, NDArray[np.uint8], dict[str, Any]]:
    """Image, trimap, and what there is to tell of them."""
    from indexnet_cli.imaging.reading import read_image

    picture = read_image(source_of(image), max_pixels)
    classes, summary = source.trimap_of(picture.pixels, image, max_pixels)
    height, width = classes.shape
    warnings = [*picture.warnings, *summary.warnings]
    if summary.unknown_share == 0:
        warnings.append(f"{source.name} has no unknown pixel; the matte is the trimap.")
    elif summary.unknown_share == 1:
        warnings.append(f"{source.name} has no known pixel; the whole matte is a guess.")
    for warning in warnings:
        out.warn(warning)
    out.note(summary.describe())
    told = {
        "image": {"file": image, "width": width, "height": height},
        "trimap": {
            "kind": source.kind,
            "file": None if source.file is None else source.name,
            "unknown_share": summary.unknown_share,
            "foreground_share": summary.foreground_share,
            "background_share": summary.background_share,
            "snapped": summary.snapped,
        },
        "warnings": warnings,
    }
    return picture, classes, told
