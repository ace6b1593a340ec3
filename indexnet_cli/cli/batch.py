"""``indexnet batch``: folders, globs and lists of pictures to mattes, cut-outs and composites."""

from __future__ import annotations

import csv
import io
import os
import traceback
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexnet_cli.cli.auto import Auto, AutoOption, RefineOption, StrategyOption, plan_auto
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.memory_option import MemoryOption, parse_memory
from indexnet_cli.cli.options import (
    AlignOption,
    DeviceOption,
    MaxPixelsOption,
    ModelOption,
    OverwriteOption,
    PrecisionOption,
    QuietOption,
    VerboseOption,
    ViewsOption,
    WeightsOption,
)
from indexnet_cli.cli.output import Output, json_text, say_error
from indexnet_cli.cli.product_options import (
    BackgroundOption,
    BackgroundPositionOption,
    BitsOption,
    FitOption,
    FormatOption,
    LinearOption,
    NoEstimateOption,
    SaveOption,
    product_style,
)
from indexnet_cli.cli.trimap_options import DEFAULT_ERODE, DilateOption, ErodeOption, mask_style
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.engine.strategies import DEFAULT_STRATEGY
from indexnet_cli.engine.views import views_of
from indexnet_cli.errors import CheckpointError, DeviceError, IndexnetError, UsageError
from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

if TYPE_CHECKING:
    from indexnet_cli.batch.matting import BatchMatting
    from indexnet_cli.batch.pairing import Guide, Pair
    from indexnet_cli.batch.planning import Item
    from indexnet_cli.batch.sharding import Shard
    from indexnet_cli.engine.alignment import Align
    from indexnet_cli.engine.matter import Matter
    from indexnet_cli.imaging.products import ProductStyle
    from indexnet_cli.imaging.trimap_style import TrimapStyle


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
    erode: ErodeOption = DEFAULT_ERODE,
    dilate: DilateOption = None,
    auto: AutoOption = False,
    refine_with: RefineOption = None,
    strategy: StrategyOption = None,
    recursive: Annotated[
        bool, typer.Option("--recursive/--flat", help="Folders with all below them, or not.")
    ] = True,
    save: SaveOption = None,
    background: BackgroundOption = None,
    fit: FitOption = "fill",
    background_position: BackgroundPositionOption = "center",
    linear: LinearOption = False,
    no_estimate: NoEstimateOption = False,
    bits: BitsOption = None,
    format: FormatOption = "png",
    model: ModelOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    align: AlignOption = "pad",
    views: ViewsOption = 1,
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
    max_pixels: MaxPixelsOption = 512_000_000,
    overwrite: OverwriteOption = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON line a picture on standard output.")
    ] = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
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
    from indexnet_cli.batch.pairing import find_pairs
    from indexnet_cli.batch.sharding import Shard

    out = Output(quiet=quiet, verbose=verbose, json=json)
    views_of(views)
    if output is None:
        raise UsageError("A folder for the results is needed.", "Name one with -o DIR.")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is no folder.", "Name one for the results with -o DIR.")
    if trimaps is not None and mask_dir is not None:
        raise UsageError("TRIMAPS and --mask-dir exclude each other.", "Choose one.")
    if watch and not Path(images).is_dir():
        raise UsageError(f"{images} is no folder to watch.", "Name the folder that they arrive in.")
    given = trimaps if mask_dir is None else mask_dir
    plan = plan_auto(
        auto, None if given is None else str(given), model, strategy, None, refine_with
    )
    guide: Guide = "none" if plan else "trimap" if mask_dir is None else "mask"
    style = product_style(
        save, background, fit, background_position, linear, no_estimate, bits, f".{format}"
    )
    _check_gallery(gallery, style, watch, overwrite)
    part = Shard.of_environment(os.environ) if shard is None else Shard.parse(shard)

    with Journal(output, part.suffix) as journal:
        matting = _matting(
            journal,
            style,
            guide,
            mask_style(erode, dilate),
            plan,
            model,
            weights,
            device,
            precision,
            align,
            views,
            parse_memory(memory),
            max_pixels,
            out,
        )
        run = _Run(matting, output, part, overwrite, out)
        if watch:
            run.watch(Path(images), given, recursive)
        else:
            items = run.once(find_pairs(images, given, guide, output, recursive))
            if gallery is not None:
                _write_gallery(gallery, items, output, guide, max_pixels, overwrite)
    if run.failures:
        raise typer.Exit(1)


def _check_gallery(gallery: Path | None, style: ProductStyle, watch: bool, overwrite: bool) -> None:
    """Raise before any work for a page that could not be written after it."""
    from indexnet_cli.imaging.placing import check_place

    if gallery is None:
        return
    if watch:
        raise UsageError("A gallery is made at the end, and --watch has none.", "Leave one out.")
    if "alpha" not in style.kinds:
        raise UsageError("The gallery shows mattes.", "Add alpha to --save.")
    check_place(gallery, overwrite)


def _write_gallery(
    gallery: Path,
    items: list[Item],
    output: Path,
    guide: Guide,
    max_pixels: int,
    overwrite: bool,
) -> None:
    from indexnet_cli.batch.gallery import gallery_page
    from indexnet_cli.imaging.placing import place_file

    title = f"Mattes in {output.absolute().name}"
    place_file(gallery_page(items, title, guide, max_pixels), gallery, overwrite)


def _matting(
    journal: Any,
    style: ProductStyle,
    guide: Guide,
    trimap_style: TrimapStyle,
    auto: Auto | None,
    model: str | None,
    weights: str | None,
    device: str,
    precision: str,
    align: Align,
    views: int,
    memory: int | None,
    max_pixels: int,
    out: Output,
) -> BatchMatting:
    from indexnet_cli.batch.journal import digest_file, digest_text
    from indexnet_cli.batch.matting import BatchMatting
    from indexnet_cli.checkpoints.locating import find_checkpoint

    spec = auto.model if auto else resolve_model(model or DEFAULT_MODEL)
    second = auto.refine_with if auto else None
    if (
        auto is None or auto.named or weights is not None
    ):  # --auto alone does not agree to the terms of its weights
        pull_if_missing(spec.name, weights, out)
    checkpoint = find_checkpoint(spec.name, weights)
    refining = None
    if second is not None:
        pull_if_missing(second.name, None, out)
        refining = digest_file(find_checkpoint(second.name).path)
    behind = style.background.path if style.background is not None else None
    settings = digest_text(
        spec.name,
        digest_file(checkpoint.path),
        repr(style),
        "" if behind is None else digest_file(behind),
        repr((guide, trimap_style if guide == "mask" else None, precision, align)),
        *([] if auto is None else [auto.strategy, repr((second and second.name, refining))]),
        *([] if views == 1 else [f"views {views}"]),
    )

    def make(name: str, file: str | None) -> Matter:
        with heavy_imports():
            from indexnet_cli.engine.matter import Matter

        place = device
        if place == "auto" and "LOCAL_RANK" in os.environ:
            import torch

            if torch.cuda.is_available():
                place = f"cuda:{os.environ['LOCAL_RANK']}"
        return Matter(
            name,
            file,
            device=place,
            precision=precision,
            align=align,
            views=views,
            memory=memory,
            strategy=auto.strategy if auto else DEFAULT_STRATEGY,
        )

    return BatchMatting(
        journal,
        style,
        guide,
        trimap_style,
        settings,
        lambda: make(spec.name, weights),
        max_pixels,
        None if second is None else lambda: make(second.name, None),
    )


class _Run:
    """Runs items through the pipeline, and tells of them."""

    def __init__(
        self, matting: BatchMatting, output: Path, shard: Shard, overwrite: bool, out: Output
    ) -> None:
        self.matting = matting
        self.output = output
        self.shard = shard
        self.overwrite = overwrite
        self.out = out
        self.failures: dict[str, str] = {}
        self.writers: dict[Path, Path] = {}
        self.done = self.skipped = 0

    def once(self, pairs: list[Pair]) -> list[Item]:
        """All of these pairs, or this process's part of them, which is returned."""
        items = self._plan(pairs)
        items = self.shard.part_of(items)
        try:
            self._process(items)
        except (KeyboardInterrupt, SystemExit):
            left = len(items) - self.done - self.skipped - len(self.failures)
            self.out.note(f"{self._summary()}, {left} left: the same command goes on with them")
            raise
        finally:
            self._report_failures()
        self.out.note(self._summary())
        return items

    def watch(self, images: Path, guides: Path | None, recursive: bool) -> None:
        """Whatever arrives, until it is interrupted: that is the way to end it."""
        from indexnet_cli.batch.listing import list_pictures
        from indexnet_cli.batch.pairing import pair_files
        from indexnet_cli.batch.watching import arrivals

        without = (self.output, *([] if guides is None else [guides]))

        def scan() -> list[Pair]:
            files = list_pictures(images, recursive, without)
            return self.shard.part_of(pair_files(images, files, guides, self.matting.guide))

        self.out.note(f"watching {images}; Ctrl-C ends")
        try:
            for pairs in arrivals(scan):
                self._process(self._plan_arrivals(pairs))
        except KeyboardInterrupt:
            self.out.note(self._summary())
        finally:
            self._report_failures()

    def _plan(self, pairs: list[Pair]) -> list[Item]:
        from indexnet_cli.batch.planning import plan, refuse_strangers, remove_leftovers

        items = plan(pairs, self.output, self.matting.style)
        if not self.overwrite:
            refuse_strangers(items, self.matting.journal.own(), self.matting.style)
        remove_leftovers(items, self.output)
        return items

    def _plan_arrivals(self, pairs: list[Pair]) -> list[Item]:
        """As ``_plan``, but what is refused is told and left out: the rest goes on."""
        try:
            items = self._plan(pairs)
        except UsageError:
            items = []
            for pair in pairs:
                try:
                    items += self._plan([pair])
                except UsageError as error:
                    self._fail(str(pair.image), error)
        return [item for item in items if self._is_first(item)]

    def _is_first(self, item: Item) -> bool:
        """Whether no picture of another name that arrived before has the same outputs."""
        for path in item.outputs.values():
            other = self.writers.setdefault(path, item.pair.image)
            if other != item.pair.image:
                error = UsageError(f"{other} and {item.pair.image} would both write {path}.")
                self._fail(str(item.pair.image), error)
                return False
        return True

    def _process(self, items: list[Item]) -> None:
        from indexnet_cli.batch.pipeline import run_pipeline

        matting = self.matting
        # Closed however the loop ends, so that no thread works on.
        with (
            closing(run_pipeline(items, matting.load, matting.work, matting.save)) as outcomes,
            self.out.counting("pictures", len(items)) as advance,
        ):
            for outcome in outcomes:
                image = str(outcome.item.pair.image)
                if outcome.error is None:
                    assert outcome.result is not None
                    self._tell(image, outcome.result)
                else:
                    self._fail(image, outcome.error)
                advance()

    def _tell(self, image: str, told: dict[str, Any]) -> None:
        if told["status"] == "done":
            self.done += 1
        else:
            self.skipped += 1
        self.failures.pop(image, None)
        self.out.detail(f"{image}: {told['status']}")
        for warning in told.get("warnings", []):
            self.out.detail(f"warning: {warning}")
        self._line(told)

    def _fail(self, image: str, error: Exception) -> None:
        if isinstance(error, CheckpointError) or (
            isinstance(error, DeviceError) and "matter" not in vars(self.matting)
        ):
            raise error  # no network, no matte: every other picture would say the same
        if isinstance(error, IndexnetError):
            reason = error.message
        else:
            reason = f"{type(error).__name__}: {error}"
        if self.out.verbose:
            traceback.print_exception(error)
        self.failures[image] = reason
        self._line({"image": image, "status": "failed", "error": reason})

    def _line(self, told: dict[str, Any]) -> None:
        if self.out.json:
            print(json_text(told), flush=True)

    def _summary(self) -> str:
        parts = [f"{self.done} done"]
        if self.skipped:
            parts.append(f"{self.skipped} done before")
        if self.failures:
            parts.append(f"{len(self.failures)} failed")
        return ", ".join(parts)

    def _report_failures(self) -> None:
        from indexnet_cli.imaging.placing import place_file

        path = self.output / f"failures{self.shard.suffix}.csv"
        if not self.failures:
            path.unlink(missing_ok=True)
            return
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["image", "error"])
        writer.writerows(self.failures.items())
        for image, reason in self.failures.items():
            say_error(reason if image in reason else f"{image}: {reason}")
        self.output.mkdir(parents=True, exist_ok=True)
        place_file(table.getvalue().encode("utf-8", "surrogateescape"), path, overwrite=True)
        self.out.note(f"failures are listed in {path}")
