"""``indexnet matte``: one picture to an alpha matte, with a trimap or without."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

from indexnet_cli.cli.auto import (
    AutoOption,
    RefineOption,
    SaveTrimapOption,
    StrategyOption,
    matte_by_itself,
    plan_auto,
)
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import (
    AlignOption,
    DeviceOption,
    JsonOption,
    ModelOption,
    OverwriteOption,
    PrecisionOption,
    QuietOption,
    VerboseOption,
    WeightsOption,
)
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.telling import told_of
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STREAM = "-"
SUFFIX = "_alpha.png"


@reports_failures
def matte(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="Photograph; - for standard input.")
    ],
    trimap: Annotated[
        str | None,
        typer.Argument(
            metavar="TRIMAP",
            help="Of the same size: black background, white foreground, grey unknown; "
            "- for standard input. Left out with --auto.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Matte file or folder; - for standard output (PNG). "
            f"Default: <stem>{SUFFIX} beside the image.",
            show_default=False,
        ),
    ] = None,
    auto: AutoOption = False,
    save_trimap: SaveTrimapOption = None,
    refine_with: RefineOption = None,
    strategy: StrategyOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    align: AlignOption = "pad",
    bits: Annotated[int, typer.Option("--bits", metavar="8|16", help="Bits of the matte.")] = 8,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", min=1, help="Refuse pictures with more pixels.")
    ] = 512_000_000,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Estimate the alpha matte of IMAGE, given TRIMAP or --auto.

    indexnet matte photo.jpg trimap.png

    indexnet matte photo.jpg --auto --save-trimap --refine-with indexnet
    """
    out = Output(quiet=quiet, verbose=verbose, json=json)
    plan = plan_auto(auto, trimap, model, strategy, save_trimap, refine_with)
    if plan is None:
        trimap = _check_inputs(image, trimap)
    target = _check_output(image, trimap, output, bits, overwrite, json)
    options = {"device": device, "precision": precision, "align": align}
    started = time.perf_counter()
    if plan is None:
        assert trimap is not None
        alpha, told = _with_trimap(image, trimap, model, weights, max_pixels, options, out)
    else:
        plan = plan.placed(image, target, overwrite)
        alpha, told = matte_by_itself(
            _source(image), plan, weights, max_pixels, overwrite, options, out
        )
    _write(alpha, target, bits, overwrite)
    out.detail(f"{target} in {time.perf_counter() - started:.1f} s")
    seconds = round(time.perf_counter() - started, 3)
    out.document({"output": str(target), "bits": bits, **told, "seconds": seconds})


def _check_inputs(image: str, trimap: str | None) -> str:
    if trimap is None:
        raise UsageError(
            f"{image}: a trimap is needed to say what is foreground.",
            "Paint one of the same size (black background, white foreground, grey where unsure) "
            "and run `indexnet matte IMAGE TRIMAP`;\n"
            "  from a mask, indexnet_cli.make_trimap(mask) makes one in Python;\n"
            "  without one, `indexnet matte IMAGE --auto` (weights for non-commercial use).",
        )
    if image == STREAM and trimap == STREAM:
        raise UsageError("Only one of image and trimap can come from standard input.")
    return trimap


def _check_output(
    image: str, trimap: str | None, output: str | None, bits: int, overwrite: bool, json: bool
) -> Path | Literal["-"]:
    """Where the matte goes. Raises before any work for what could not be written after it."""
    from indexnet_cli.imaging.writing import check_destination

    if bits not in (8, 16):
        raise UsageError(f"A matte has 8 or 16 bits, not {bits}.")
    beside = Path(image if image != STREAM else "image")
    if output is None:
        output = STREAM if image == STREAM else str(beside.parent / (beside.stem + SUFFIX))
    if output == STREAM:
        if json:
            raise UsageError(
                "Standard output cannot take the matte and --json.", "Name a file with -o."
            )
        if sys.stdout.isatty():
            raise UsageError("Standard output is a terminal.", "Name a file with -o.")
        return "-"
    target = Path(output)
    if target.is_dir():
        target = target / (beside.stem + SUFFIX)
    check_destination(target, overwrite, bits)
    for source in (image, trimap):
        if source not in (STREAM, None) and target.exists() and target.samefile(source):
            raise UsageError(f"{target} is an input; it is not replaced.", "Choose another -o.")
    return target


def _source(name: str) -> str | BinaryIO:
    return sys.stdin.buffer if name == STREAM else name


def _with_trimap(
    image: str,
    trimap: str,
    model: str | None,
    weights: str | None,
    max_pixels: int,
    options: dict[str, Any],
    out: Output,
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Alpha, and what there is to tell of it."""
    if model is not None or weights is None:  # else the keys of the weights tell
        model = resolve_model(model or DEFAULT_MODEL).name
    pixels, classes, told = _read(image, trimap, max_pixels, out)
    if told["trimap"]["unknown_share"] == 0:
        return (classes == 255).astype("float32"), {**told, "model": model, "checkpoint": None}
    pull_if_missing(model, weights, out)
    from indexnet_cli.engine.matter import Matter

    matter = Matter(model, weights, **options)
    with out.progress("matting") as advance:
        matter.on_progress = advance
        alpha = matter.matte(pixels, classes)
    return alpha, {**told, **told_of(matter, out)}


def _read(
    image: str, trimap: str, max_pixels: int, out: Output
) -> tuple[NDArray[Any], NDArray[np.uint8], dict[str, Any]]:
    """Image, trimap, and what there is to tell of them."""
    from indexnet_cli.imaging.reading import read_image, read_trimap

    picture = read_image(_source(image), max_pixels)
    classes, summary = read_trimap(_source(trimap), max_pixels)
    (height, width), found = picture.pixels.shape[:2], classes.shape
    if (height, width) != found:
        raise InputError(
            f"{image} is {width} x {height} pixels, {trimap} is {found[1]} x {found[0]}.",
            "Give a trimap of the image's size; nothing is resized silently.",
        )
    warnings = [*picture.warnings, *summary.warnings]
    if summary.unknown_share == 0:
        warnings.append(f"{trimap} has no unknown pixel; the matte is the trimap.")
    elif summary.unknown_share == 1:
        warnings.append(f"{trimap} has no known pixel; the whole matte is a guess.")
    for warning in warnings:
        out.warn(warning)
    out.note(summary.describe())
    told = {
        "image": {"file": image, "width": width, "height": height},
        "trimap": {
            "file": trimap,
            "unknown_share": summary.unknown_share,
            "foreground_share": summary.foreground_share,
            "background_share": summary.background_share,
            "snapped": summary.snapped,
        },
        "warnings": warnings,
    }
    return picture.pixels, classes, told


def _write(
    alpha: NDArray[np.float32], target: Path | Literal["-"], bits: int, overwrite: bool
) -> None:
    from indexnet_cli.imaging.writing import write_alpha

    write_alpha(alpha, sys.stdout.buffer if target == STREAM else target, bits, overwrite)
