"""``indexnet edit``: paint a trimap in the browser, with the matte beside it."""

from __future__ import annotations

import os
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli import options, product_options, trimap_options
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.guided import plan_guide
from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.memory_option import MemoryOption, parse_memory
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.places import STREAM, make_folder, refuse_inputs
from indexnet_cli.cli.telling import told_of
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    from indexnet_cli.editor.journal import EditJournal
    from indexnet_cli.imaging.products import ProductStyle

# Twelve bytes a pixel in the browser.
MOST_PIXELS = 64_000_000
DEFAULT_KINDS = "alpha,trimap,cutout"


@reports_failures
def edit(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="Photograph.")],
    trimap: Annotated[
        str | None,
        typer.Argument(
            metavar="TRIMAP", help="Trimap to start from, of the same size.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Folder for what is saved. Default: beside the image.",
            show_default=False,
        ),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option("--mask", metavar="MASK", help="Start from a rough mask.", show_default=False),
    ] = None,
    box: trimap_options.BoxOption = None,
    erode: trimap_options.ErodeOption = trimap_options.DEFAULT_ERODE,
    dilate: trimap_options.DilateOption = None,
    save: Annotated[
        str,
        typer.Option(
            "--save",
            metavar="LIST",
            help="What the button Save writes: alpha, trimap, cutout, foreground, preview.",
        ),
    ] = DEFAULT_KINDS,
    bits: product_options.BitsOption = None,
    format: product_options.FormatOption = "png",
    no_estimate: product_options.NoEstimateOption = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what was painted for this picture before.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page, or only say where it is.")
    ] = True,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=1024, max=65535, help="Default: one that is free.", show_default=False
        ),
    ] = None,
    model: options.ModelOption = None,
    weights: options.WeightsOption = None,
    device: options.DeviceOption = "auto",
    precision: options.PrecisionOption = "auto",
    memory: MemoryOption = "auto",
    max_pixels: options.MaxPixelsOption = MOST_PIXELS,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Paint the trimap of IMAGE in your browser and watch the matte follow the brush.

    The page is served by this program, on this machine and for its own address only; nothing
    leaves the machine. What is painted is kept on disk as you paint: after a crash, or another
    day, the same command goes on, undo included. Ctrl-C ends.

    Examples:

      indexnet edit photo.jpg

      indexnet edit photo.jpg photo_trimap.png -o results/

      indexnet edit photo.jpg --box 120,40,600,800

      indexnet edit photo.jpg --mask mask.png --save alpha,cutout --format webp

      indexnet edit photo.jpg --no-browser --port 8800
    """
    from indexnet_cli.editor.journal import EditJournal
    from indexnet_cli.editor.saving import Saving
    from indexnet_cli.editor.session import Session
    from indexnet_cli.imaging.reading import read_image

    out = Output(quiet=quiet, verbose=verbose, json=json)
    if STREAM in (image, trimap, mask):
        raise UsageError("The editor reads files only.", "Save the picture first.")
    style = product_options.product_style(
        save, None, "fill", "center", False, no_estimate, bits, f".{format}"
    )
    guided = trimap is not None or mask is not None or box is not None
    source = plan_guide(image, trimap, mask, box, erode, dilate) if guided else None
    # Without a name, the keys of --weights tell the model.
    spec = resolve_model(model or DEFAULT_MODEL) if model or weights is None else None
    if spec is not None and not spec.needs_trimap:
        raise UsageError(f"{spec.name} takes no trimap.", "Choose another --model.")

    picture = read_image(image, max_pixels)
    for warning in picture.warnings:
        out.warn(warning)
    with closing(EditJournal(Path(image), fresh)) as journal:
        outputs = _choose_outputs(image, trimap, mask, output, style, journal, overwrite)
        session = Session(picture, journal)
        if session.history.done:
            out.note("going on with what was painted for this picture before")
        if source is not None:
            start, _ = source.trimap_of(picture.pixels, image, max_pixels)
            session.start_with(start, again=False)
        if spec is not None:
            pull_if_missing(spec.name, weights, out)

        from indexnet_cli.editor.preview import quicker
        from indexnet_cli.editor.running import serving

        with heavy_imports():
            from indexnet_cli.engine.matter import Matter

        def make(number_format: str) -> Matter:
            return Matter(
                spec.name if spec else None,
                weights,
                device=device,
                precision=number_format,
                memory=parse_memory(memory),
            )

        matter = make(precision)
        quick = matter.for_previews()
        if precision == "auto":
            quick = quicker(quick, lambda number_format: make(number_format).for_previews())
        saving = Saving(outputs, style, overwrite)
        name, box_style = Path(image).name, trimap_options.mask_style(erode, dilate)
        with serving(session, matter, quick, saving, name, box_style, port) as server:
            out.document({"address": server.address, **told_of(matter, out)})
            _show(server.address, browser, out)
            with suppress(KeyboardInterrupt):
                server.serve_forever()
    out.note("ended; the same command goes on with what is painted")


def _choose_outputs(
    image: str,
    trimap: str | None,
    mask: str | None,
    output: Path | None,
    style: ProductStyle,
    journal: EditJournal,
    overwrite: bool,
) -> dict[str, Path]:
    """Where the products go. Raises before any work for what could not be written after it.

    The trimap that was given may be replaced by the one that is painted, as any file may; what it
    was stays in the journal.
    """
    from indexnet_cli.imaging.products import check_product, product_suffix

    folder = Path(image).parent if output is None else output
    make_folder(f"{folder}{os.sep}")
    outputs = {
        kind: folder / f"{Path(image).stem}_{kind}{product_suffix(kind, style)}"
        for kind in style.kinds
    }
    for kind, path in outputs.items():
        inputs = (image, mask, None if kind == "trimap" else trimap)
        refuse_inputs(path, [name for name in inputs if name is not None])
        check_product(kind, path, style, overwrite or journal.was_saved(path))
    return outputs


def _show(address: str, browser: bool, out: Output) -> None:
    import webbrowser

    out.text(address)
    sys.stdout.flush()
    if browser and not webbrowser.open(address):
        out.note("no browser could be opened; open this address yourself")
    out.note("Ctrl-C ends")
