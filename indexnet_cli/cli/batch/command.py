"""The command: its options, what they mean together, and the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli import options, product_options, trimap_options
from indexnet_cli.cli.auto import AutoOption, RefineOption, StrategyOption, plan_auto
from indexnet_cli.cli.batch.gallery import check_gallery, write_gallery
from indexnet_cli.cli.batch.networks import Networks
from indexnet_cli.cli.batch.running import BatchRun
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.finish import Finish
from indexnet_cli.cli.memory_option import MemoryOption, parse_memory
from indexnet_cli.cli.output import Output
from indexnet_cli.engine.views import check_views
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from indexnet_cli.batch.pairing import Guide


@reports_failures
def batch(
    images: Annotated[
        str,
        typer.Argument(
            metavar="IMAGES",
            help="Folder, glob in quotes, or list (CSV: image,trimap[,output]).",
        ),
    ],
    trimaps: Annotated[
        Path | None,
        typer.Argument(
            metavar="TRIMAPS",
            help="Folder of trimaps with the pictures' stems. Without it they lie beside the "
            "pictures: cat.jpg, cat_trimap.png.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder for the results.", show_default=False
        ),
    ] = None,
    mask_dir: Annotated[
        Path | None,
        typer.Option(
            "--mask-dir",
            metavar="DIR",
            help="Instead of TRIMAPS: folder of rough masks, white where the subject is.",
            show_default=False,
        ),
    ] = None,
    erode: trimap_options.ErodeOption = trimap_options.DEFAULT_ERODE,
    dilate: trimap_options.DilateOption = None,
    auto: AutoOption = False,
    refine_with: RefineOption = None,
    strategy: StrategyOption = None,
    recursive: Annotated[
        bool, typer.Option("--recursive/--flat", help="Folders with all below them, or not.")
    ] = True,
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
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Matte what is in the folder IMAGES and what arrives there, until Ctrl-C.",
        ),
    ] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Only part I of N. Default: all, or this process's part under torchrun.",
            show_default=False,
        ),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            "--gallery",
            metavar="PAGE",
            help="At the end, also write a page that shows all pictures and mattes (HTML).",
            show_default=False,
        ),
    ] = None,
    max_pixels: options.MaxPixelsOption = 512_000_000,
    overwrite: options.OverwriteOption = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON line a picture on standard output.")
    ] = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Matte many pictures: DIR/<stem>.png, or DIR/alpha/, DIR/cutout/ … for several outputs.

    Interrupted or run again, it does only what is missing or changed: DIR/indexnet-batch.jsonl
    records what was made of which contents. Pictures that fail are named at the end and in
    DIR/failures.csv; the exit code then is 1.

    Examples:

      indexnet batch photos/ trimaps/ -o mattes/

      indexnet batch "shoot/**/*.jpg" --mask-dir masks/ -o cutouts/ --save cutout --format webp

      indexnet batch list.csv -o out/ --save alpha,composite --background studio.jpg

      indexnet batch photos/ --auto -o mattes/ --refine-with indexnet

      indexnet batch --watch incoming/ -o done/

      torchrun --nproc-per-node 4 -m indexnet_cli batch photos/ trimaps/ -o mattes/
    """
    from indexnet_cli.batch.journal import Journal
    from indexnet_cli.batch.matting import BatchMatting
    from indexnet_cli.batch.pairing import find_pairs
    from indexnet_cli.batch.sharding import Shard

    out = Output(quiet=quiet, verbose=verbose, json=json)
    check_views(views)
    output = _check_folders(images, trimaps, output, mask_dir, watch)
    given = trimaps if mask_dir is None else mask_dir
    finish = Finish(scales, enlarge, fit_colours)
    plan = plan_auto(
        auto, None if given is None else str(given), model, strategy, None, refine_with, finish
    )
    guide: Guide = "none" if plan else "trimap" if mask_dir is None else "mask"
    style = product_options.product_style(
        save, background, fit, background_position, linear, no_estimate, bits, f".{format}"
    )
    trimap_style = trimap_options.mask_style(erode, dilate)
    if gallery is not None:
        check_gallery(gallery, style, watch, overwrite)
    part = Shard.of_environment(os.environ) if shard is None else Shard.parse(shard)
    networks = Networks(
        plan, model, weights, device, precision, align, views, finish, parse_memory(memory)
    )

    with Journal(output, part.suffix) as journal:
        networks.fetch(out)
        matting = BatchMatting(
            journal,
            style,
            guide,
            trimap_style,
            networks.digest(style, guide, trimap_style),
            networks.matter,
            max_pixels,
            None if networks.second is None else networks.refiner,
        )
        run = BatchRun(matting, output, part, overwrite, out)
        if watch:
            run.watch(Path(images), given, recursive)
        else:
            pairs = find_pairs(images, given, guide, output, recursive, journal.own())
            items = run.once(pairs)
            if gallery is not None:
                write_gallery(gallery, items, output, guide, max_pixels, overwrite)
    if run.tally.failures:
        raise typer.Exit(1)


def _check_folders(
    images: str, trimaps: Path | None, output: Path | None, mask_dir: Path | None, watch: bool
) -> Path:
    """The folder for the results. Raises UsageError."""
    if output is None:
        raise UsageError("A folder for the results is needed.", "Name one with -o DIR.")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is no folder.", "Name one for the results with -o DIR.")
    if trimaps is not None and mask_dir is not None:
        raise UsageError("TRIMAPS and --mask-dir exclude each other.", "Choose one.")
    if watch and not Path(images).is_dir():
        raise UsageError(f"{images} is no folder to watch.", "Name the folder that they arrive in.")
    return output
