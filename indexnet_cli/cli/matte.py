"""``indexnet matte``: one picture to an alpha matte, a cut-out, a composite."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli import options, product_options, trimap_options
from indexnet_cli.cli.auto import (
    AutoOption,
    RefineOption,
    SaveTrimapOption,
    StrategyOption,
    matte_by_itself,
    plan_auto,
)
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.finish import Finish
from indexnet_cli.cli.guided import matte_guided, plan_guide
from indexnet_cli.cli.memory_option import MemoryOption, parse_memory
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.places import (
    STREAM,
    Place,
    choose_place,
    destination_of,
    make_folder,
    refuse_inputs,
    source_of,
)
from indexnet_cli.engine.views import check_views
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexnet_cli.imaging.products import ProductStyle
    from indexnet_cli.imaging.reading import Picture


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
            "- for standard input. Left out with --mask, --box or --auto.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File or folder (results/ is made); - for standard output (PNG); a folder for "
            "several outputs. Default: <stem>_alpha.png (_cutout.png …) beside the image.",
            show_default=False,
        ),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(
            "--mask",
            metavar="MASK",
            help="Instead of TRIMAP: a rough mask, white where the subject is; its edge becomes "
            "unknown.",
            show_default=False,
        ),
    ] = None,
    box: trimap_options.BoxOption = None,
    erode: trimap_options.ErodeOption = trimap_options.DEFAULT_ERODE,
    dilate: trimap_options.DilateOption = None,
    auto: AutoOption = False,
    save_trimap: SaveTrimapOption = None,
    refine_with: RefineOption = None,
    strategy: StrategyOption = None,
    save: product_options.SaveOption = None,
    background: product_options.BackgroundOption = None,
    fit: product_options.FitOption = "fill",
    background_position: product_options.BackgroundPositionOption = "center",
    linear: product_options.LinearOption = False,
    no_estimate: product_options.NoEstimateOption = False,
    bits: product_options.BitsOption = None,
    format: product_options.FormatOption = "png",
    model: options.ModelOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = "auto",
    precision: options.PrecisionOption = "auto",
    align: options.AlignOption = "pad",
    views: options.ViewsOption = None,
    scales: options.ScalesOption = None,
    enlarge: options.EnlargeOption = None,
    fit_colours: options.FitColoursOption = None,
    memory: MemoryOption = "auto",
    max_pixels: options.MaxPixelsOption = 512_000_000,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Estimate the alpha matte of IMAGE, given TRIMAP, --mask, --box or --auto.

    Examples:

      indexnet matte photo.jpg trimap.png

      indexnet matte photo.jpg trimap.png --save cutout -o cat.webp

      indexnet matte photo.jpg --mask mask.png --background beach.jpg -o results/

      indexnet matte photo.jpg --box 120,40,600,800 --save alpha,cutout,preview

      indexnet matte photo.jpg --auto --save-trimap --refine-with indexnet

      indexnet matte hair.jpg trimap.png --views 2

      indexnet matte - trimap.png < photo.jpg > alpha.png
    """
    out = Output(quiet=quiet, verbose=verbose, json=json)
    check_views(views)
    finish = Finish(scales, enlarge, fit_colours)
    given = trimap or mask or box
    plan = plan_auto(auto, given, model, strategy, save_trimap, refine_with, finish)
    guide = plan_guide(image, trimap, mask, box, erode, dilate) if plan is None else None
    style = product_options.product_style(
        save, background, fit, background_position, linear, no_estimate, bits, f".{format}"
    )
    inputs = [name for name in (image, trimap, mask) if name is not None]
    places = _check_outputs(inputs, output, style, overwrite, json)
    computing = {
        "device": device,
        "precision": precision,
        "align": align,
        "views": views,
        **asdict(finish),
        "memory": parse_memory(memory),
    }
    started = time.perf_counter()
    if guide is not None:
        picture, classes, alpha, told = matte_guided(
            image, guide, model, weights, max_pixels, computing, out
        )
    else:
        assert plan is not None
        plan = plan.placed(image, next(iter(places.values())), overwrite)
        picture, classes, alpha, told = matte_by_itself(
            source_of(image), plan, weights, max_pixels, overwrite, computing, out
        )
    _write(picture, classes, alpha, places, style, overwrite)
    out.detail(f"{', '.join(map(str, places.values()))} in {time.perf_counter() - started:.1f} s")
    seconds = round(time.perf_counter() - started, 3)
    outputs = {kind: str(place) for kind, place in places.items()}
    first = next(iter(outputs.values()))
    out.document({"output": first, "outputs": outputs, **told, "seconds": seconds})


def _check_outputs(
    inputs: list[str], output: str | None, style: ProductStyle, overwrite: bool, json: bool
) -> dict[str, Place]:
    """Where each product goes. Raises before any work for what could not be written after it."""
    from indexnet_cli.imaging.products import check_product, product_suffix

    if output is not None:
        make_folder(output)
    if len(style.kinds) > 1 and output is not None and not Path(output).is_dir():
        raise UsageError(
            f"{output} is no folder, and {' and '.join(style.kinds)} are several files.",
            f"Name a folder with -o, as in -o {output}{os.sep}, or choose one output with --save.",
        )
    places: dict[str, Place] = {}
    for kind in style.kinds:
        place = choose_place(inputs[0], output, f"_{kind}{product_suffix(kind, style)}", json)
        if place != STREAM:
            assert isinstance(place, Path)
            check_product(kind, place, style, overwrite)
            refuse_inputs(place, inputs)
        places[kind] = place
    if list(places.values()).count("-") > 1:
        raise UsageError("Standard output takes one picture.", "Choose one with --save.")
    return places


def _write(
    picture: Picture,
    classes: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    places: dict[str, Place],
    style: ProductStyle,
    overwrite: bool,
) -> None:
    from indexnet_cli.imaging.products import Matted, write_product

    matted = Matted(picture, classes, alpha, style.estimate)
    for kind, place in places.items():
        write_product(kind, matted, destination_of(place), style, overwrite)
