"""``indexnet trimap``: a trimap from a matte, a mask, a box or a point."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
from indexnet_cli.cli.trimap_options import (
    DEFAULT_ERODE,
    BoxOption,
    DilateOption,
    ErodeOption,
    parse_box,
    parse_point,
)
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from indexnet_cli.datasets.layouts.usr_types import UsrTypes
    from indexnet_cli.imaging.grabcut import Box, Point
    from indexnet_cli.imaging.trimap_style import TrimapStyle

SUFFIX = "_trimap.png"


@reports_failures
def trimap(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="Matte, mask or cut-out, or a folder of them; a photograph with --box or --point; "
            "- for standard input.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Trimap file, or folder; - for standard output (PNG). "
            f"Default: <stem>{SUFFIX} beside the input.",
            show_default=False,
        ),
    ] = None,
    erode: ErodeOption = DEFAULT_ERODE,
    dilate: DilateOption = None,
    shape: Annotated[
        Literal["disc", "ellipse"],
        typer.Option("--shape", help="Exact disc, or OpenCV's elliptic kernel of 2 R + 1."),
    ] = "disc",
    thresholds: Annotated[
        str | None,
        typer.Option(
            "--thresholds",
            metavar="LOW,HIGH",
            help="Opacity up to LOW is background, from HIGH on foreground. Default: 0 and 1 "
            "to half an 8-bit level; 0.1,0.9 for masks saved as JPEG.",
            show_default=False,
        ),
    ] = None,
    distance: Annotated[
        float | None,
        typer.Option(
            "--distance",
            min=0,
            metavar="D",
            help="Instead: unknown is what lies within D pixels of a partly transparent one, as "
            "IndexNet was trained.",
            show_default=False,
        ),
    ] = None,
    like: Annotated[
        Literal["indexnet", "dim", "mmagic", "aimnet"] | None,
        typer.Option(
            "--like", help="Instead: as that training recipe draws them.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed for --like.")] = 0,
    usr: Annotated[
        bool,
        typer.Option(
            "--usr",
            help="Instead: AIM's unified semantic representation, by the type that --types names.",
        ),
    ] = False,
    types: Annotated[
        Path | None,
        typer.Option(
            "--types",
            metavar="FILE.json",
            help="For --usr: each picture's type. SO (salient, opaque) keeps the trimap, STM "
            "(transparent or meticulous) has no foreground, NS (not salient) is all unknown.",
            show_default=False,
        ),
    ] = None,
    box: BoxOption = None,
    point: Annotated[
        list[str] | None,
        typer.Option(
            "--point",
            metavar="X,Y",
            help="A point on the subject, for GrabCut; may be repeated.",
            show_default=False,
        ),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", help="Also write <OUT>_preview.jpg: unknown amber, background blue."
        ),
    ] = False,
    max_pixels: MaxPixelsOption = 512_000_000,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Make a trimap: black background, white foreground, grey (128) where matting has to decide.

    Examples:

      indexnet trimap mask.png -o trimap.png --erode 10 --dilate 25

      indexnet trimap masks/ -o trimaps/ --erode 1%

      indexnet trimap alphas/ -o trimaps/ --like indexnet --seed 7

      indexnet trimap photo.jpg --box 120,40,600,800 -o trimap.png --preview

      indexnet trimap DIM/train/mask/ -o DIM/train/usr/ --usr --types dim_hatt_type.json
    """
    from indexnet_cli.imaging.trimap_style import EXACT_THRESHOLDS, Radius, TrimapStyle

    out = Output(quiet=quiet, verbose=verbose, json=json)
    _exclude({"--like": like is not None, "--distance": distance is not None, "--usr": usr})
    _exclude({"--box": box is not None, "--point": bool(point)})
    style = TrimapStyle(
        erode=Radius.parse(erode),
        dilate=None if dilate is None else Radius.parse(dilate),
        shape=shape,
        thresholds=EXACT_THRESHOLDS if thresholds is None else _parse_thresholds(thresholds),
        distance=distance,
        recipe=like,
        seed=seed,
    )
    job = _Job(
        style,
        None if box is None else parse_box(box),
        tuple(parse_point(text) for text in point or ()),
        preview,
        max_pixels,
        overwrite,
        out,
        _read_types(usr, types),
    )
    if source != STREAM and Path(source).is_dir():
        _run_folder(Path(source), output, job)
        return
    place = choose_place(source, output, SUFFIX, json)
    _check(source, place, job)
    out.document(job.run(source, place))


@dataclass(frozen=True)
class _Job:
    """What is to be done with each input."""

    style: TrimapStyle
    box: Box | None
    points: tuple[Point, ...]
    preview: bool
    max_pixels: int
    overwrite: bool
    out: Output
    types: UsrTypes | None = None

    def run(self, source: str, place: Place) -> dict[str, Any]:
        """Make one trimap, write it, and tell what it holds."""
        from indexnet_cli.imaging.trimaps import snap_trimap
        from indexnet_cli.imaging.writing import write_levels

        name = "standard input" if source == STREAM else source
        pixels, alpha = self._read(source)
        found = self._make(source, alpha)
        _, summary = snap_trimap(found)
        if summary.unknown_share == 0:
            self.out.warn(f"{name}: the trimap has no unknown pixel.")
        write_levels(found, destination_of(place), self.overwrite)
        if self.preview and place != "-":
            self._write_preview(pixels, alpha, found, place)
        self.out.note(f"{place}: unknown {100 * summary.unknown_share:.1f} %")
        return {
            "input": name,
            "output": str(place),
            "unknown_share": summary.unknown_share,
            "foreground_share": summary.foreground_share,
            "background_share": summary.background_share,
        }

    def _make(self, source: str, alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
        if self.types is None:
            return self.style.make(alpha, "" if source == STREAM else Path(source).stem)
        import numpy as np

        from indexnet_cli.imaging.trimap_recipes import aimnet_usr

        levels = np.rint(alpha * 255).astype(np.uint8)
        return aimnet_usr(levels, self.types.of_file(Path(source)))

    def _read(self, source: str) -> tuple[NDArray[Any] | None, NDArray[np.float32]]:
        """The photograph, if it is one, and the matte or mask."""
        from indexnet_cli.imaging.grabcut import mask_from_box, mask_from_points
        from indexnet_cli.imaging.reading import read_alpha, read_image

        opened = source_of(source)
        if self.box is None and not self.points:
            return None, read_alpha(opened, self.max_pixels)
        pixels = read_image(opened, self.max_pixels).pixels
        if self.box is not None:
            mask = mask_from_box(pixels, self.box)
        else:
            mask = mask_from_points(pixels, self.points)
        return pixels, (mask / 255).astype("float32")

    def _write_preview(
        self,
        pixels: NDArray[Any] | None,
        alpha: NDArray[np.float32],
        found: NDArray[np.uint8],
        place: Path,
    ) -> None:
        import numpy as np

        from indexnet_cli.imaging.preview import overlay
        from indexnet_cli.imaging.writing import write_rgba

        if pixels is None:
            pixels = np.repeat(np.rint(alpha * 255).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
        write_rgba(overlay(pixels, found), _preview_path(place), self.overwrite)


def _run_folder(folder: Path, output: str | None, job: _Job) -> None:
    from indexnet_cli.cli.several import folder_items, run_items
    from indexnet_cli.imaging.placing import check_place

    if job.box is not None or job.points:
        raise UsageError("A box or point belongs to one picture.", "Name a picture, not a folder.")
    items = folder_items(folder, output, ".png")
    for item in items:
        if item.target.parent.is_dir():
            check_place(item.target, job.overwrite)
        refuse_inputs(item.target, [str(item.source)])
    quiet = Output(quiet=True)
    each = _Job(job.style, None, (), job.preview, job.max_pixels, job.overwrite, quiet, job.types)
    run_items(items, lambda item: each.run(str(item.source), item.target), job.out)


def _check(source: str, place: Place, job: _Job) -> None:
    from indexnet_cli.imaging.writing import check_destination

    if place == "-":
        if job.preview:
            raise UsageError("--preview goes beside the trimap.", "Name a file with -o.")
        return
    for target in [place, *([_preview_path(place)] if job.preview else [])]:
        check_destination(target, job.overwrite)
        refuse_inputs(target, [source])
    if place.suffix.lower() in (".jpg", ".jpeg"):
        raise UsageError(f"{place}: JPEG blurs the classes of a trimap.", "Use .png.")


def _preview_path(place: Path) -> Path:
    return place.with_name(f"{place.stem}_preview.jpg")


def _read_types(usr: bool, types: Path | None) -> UsrTypes | None:
    if usr != (types is not None):
        raise UsageError(
            "--usr and --types FILE.json go together.",
            'The file names types: {"DIM": {"name.png": "SO"}} with SO, STM or NS.',
        )
    if types is None:
        return None
    from indexnet_cli.datasets.layouts.usr_types import read_types

    return read_types(types)


def _parse_thresholds(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"{text!r} are no thresholds.", "Give opacities: --thresholds 0.05,0.95."
        ) from None
    return low, high


def _exclude(given: dict[str, bool]) -> None:
    named = [name for name, present in given.items() if present]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other.", "Choose one.")
