"""``indexnet composite``: a picture with its matte over another background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from indexnet_cli.cli.composite_dataset import (
    BackgroundsOption,
    DatasetJob,
    DatasetOption,
    EachOption,
    FormOption,
    SeedOption,
    SplitOption,
    ThreadsOption,
)
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import (
    JsonOption,
    MaxPixelsOption,
    OverwriteOption,
    QuietOption,
    VerboseOption,
)
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.places import (
    STREAM,
    Place,
    choose_place,
    destination_of,
    refuse_inputs,
    source_of,
)
from indexnet_cli.cli.product_options import (
    BackgroundPositionOption,
    BitsOption,
    FitOption,
    FormatOption,
    LinearOption,
    NoEstimateOption,
)
from indexnet_cli.errors import InputError, UsageError

if TYPE_CHECKING:
    from indexnet_cli.cli.several import Item
    from indexnet_cli.imaging.placement import Placement
    from indexnet_cli.imaging.products import ProductStyle


@reports_failures
def composite(
    image: Annotated[
        str | None,
        typer.Argument(
            metavar="IMAGE",
            help="Photograph, or a folder; - for standard input.",
            show_default=False,
        ),
    ] = None,
    alpha: Annotated[
        str | None,
        typer.Argument(
            metavar="ALPHA",
            help="Its matte (or cut-out), or a folder of mattes with its stems.",
            show_default=False,
        ),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            "--bg",
            metavar="WHAT",
            help="A picture, a colour (white, #00b140), blur (the original, blurred), blur:R, or "
            "transparent.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File, or folder; - for standard output (PNG). Default: <stem>_composite.png "
            "beside the image; with --dataset, DIR itself.",
            show_default=False,
        ),
    ] = None,
    fit: FitOption = "fill",
    background_position: BackgroundPositionOption = "center",
    canvas: Annotated[
        Literal["image", "background"],
        typer.Option("--canvas", help="Size of the result: the image's or the background's."),
    ] = "image",
    scale: Annotated[float, typer.Option("--scale", help="Factor for the subject's size.")] = 1.0,
    rotate: Annotated[
        float, typer.Option("--rotate", help="Turn the subject, degrees counter-clockwise.")
    ] = 0.0,
    position: Annotated[
        str,
        typer.Option(
            "--position",
            metavar="PLACE",
            help="Where the image's centre goes: x,y in percent of the canvas, or a name as above.",
        ),
    ] = "center",
    linear: LinearOption = False,
    no_estimate: NoEstimateOption = False,
    bits: BitsOption = None,
    format: FormatOption = "png",
    dataset: DatasetOption = None,
    backgrounds: BackgroundsOption = None,
    like: FormOption = "indexnet",
    split: SplitOption = None,
    each: EachOption = None,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    max_pixels: MaxPixelsOption = 512_000_000,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Put the subject of IMAGE, given its matte, over another background; or build a training set.

    Examples:

      indexnet composite photo.jpg photo_alpha.png --background white -o shop.jpg

      indexnet composite photo.jpg photo_alpha.png --background beach.jpg --canvas background
      --scale 0.5 --position 30,80

      indexnet composite photos/ mattes/ --background transparent -o cutouts/ --format webp

      indexnet composite --dataset Combined_Dataset --backgrounds train2014/ --split train
    """
    from indexnet_cli.imaging.backgrounds import Background, parse_position
    from indexnet_cli.imaging.placement import Placement
    from indexnet_cli.imaging.products import ProductStyle

    out = Output(quiet=quiet, verbose=verbose, json=json)
    if dataset is not None:
        if image is not None or background is not None:
            raise UsageError("--dataset builds a whole set; IMAGE, ALPHA and --background do not.")
        folder = dataset if output is None else Path(output)
        DatasetJob(dataset, backgrounds, folder, like, split, each, seed, threads, overwrite).run(
            out
        )
        return
    if image is None or alpha is None or background is None:
        raise UsageError(
            "composite wants IMAGE, ALPHA and --background, or --dataset DIR.",
            "indexnet composite photo.jpg photo_alpha.png --background white",
        )
    behind = Background.parse(background, fit, background_position)
    if canvas == "background" and behind.kind != "image":
        raise UsageError("--canvas background needs a picture.", "Give one with --background.")
    if image == STREAM and alpha == STREAM:
        raise UsageError("Only one of image and matte can come from standard input.")
    style = ProductStyle(("composite",), behind, linear, not no_estimate, bits, suffix=f".{format}")
    placement = Placement(scale, rotate, parse_position(position))
    job = _Job(style, placement, canvas, max_pixels, overwrite)
    if image != STREAM and Path(image).is_dir():
        _run_folder(Path(image), Path(alpha), output, job, out)
        return
    place = choose_place(image, output, f"_composite.{format}", json)
    job.check(place, [image, alpha])
    out.document(job.run(image, alpha, place))


@dataclass(frozen=True)
class _Job:
    """What is to be done with each picture."""

    style: ProductStyle
    placement: Placement
    canvas: Literal["image", "background"]
    max_pixels: int
    overwrite: bool

    def check(self, place: Place, inputs: list[str]) -> None:
        """Refuse before the work what could not be written after it."""
        from indexnet_cli.imaging.products import check_product

        if isinstance(place, Path):
            check_product("composite", place, self.style, self.overwrite)
            behind = self.style.background
            used = [str(behind.path)] if behind is not None and behind.path is not None else []
            refuse_inputs(place, [*inputs, *used])

    def run(self, image: str, alpha: str, place: Place) -> dict[str, Any]:
        """Compose one picture and write it."""
        from indexnet_cli.imaging.products import Matted, compose, write_colours
        from indexnet_cli.imaging.reading import read_alpha, read_image

        picture = read_image(source_of(image), self.max_pixels)
        matte = read_alpha(source_of(alpha), self.max_pixels)
        height, width = picture.pixels.shape[:2]
        if matte.shape != (height, width):
            raise InputError(
                f"{image} is {width} x {height} pixels, {alpha} is "
                f"{matte.shape[1]} x {matte.shape[0]}.",
                "Give a matte of the image's size; nothing is resized silently.",
            )
        matted = Matted(picture, None, matte, self.style.estimate)
        pixels = compose(matted, self.style, self.placement, self.canvas == "background")
        destination = destination_of(place)
        write_colours(pixels, picture, destination, self.style, self.overwrite)
        return {
            "image": image,
            "alpha": alpha,
            "output": str(place),
            "width": pixels.shape[1],
            "height": pixels.shape[0],
        }


def _run_folder(images: Path, mattes: Path, output: str | None, job: _Job, out: Output) -> None:
    from indexnet_cli.batch.pairing import pair_files
    from indexnet_cli.cli.several import folder_items, run_items

    items = folder_items(images, output, job.style.suffix, without=(mattes,))
    pairs = pair_files(images, [item.source for item in items], mattes, "mask")
    guides = {pair.image: pair for pair in pairs}
    if all(pair.guide is None for pair in pairs):
        raise UsageError(f"{mattes}: no matte there has the stem of a picture in {images}.")
    for item in items:
        guide = guides[item.source].guide
        if item.target.parent.is_dir():
            job.check(item.target, [str(item.source), *([] if guide is None else [str(guide)])])

    def work(item: Item) -> dict[str, Any]:
        pair = guides[item.source]
        if pair.guide is None:
            raise InputError(f"{item.source}: {pair.problem.replace('mask', 'matte')}.")
        return job.run(str(item.source), str(pair.guide), item.target)

    run_items(items, work, out)
