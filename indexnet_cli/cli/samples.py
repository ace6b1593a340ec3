"""`indexnet samples`: draw contact sheets of training samples, or pack what they are drawn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.errors import OutputError, UsageError

if TYPE_CHECKING:
    from indexnet_cli.datasets.samples import SampleSource


def samples(
    data_dir: Annotated[
        list[Path],
        typer.Option(
            "--data-dir", metavar="DIR", help="Training data of any known layout; repeatable."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for the sheets."),
    ] = None,
    pack: Annotated[
        Path | None,
        typer.Option(
            "--pack",
            metavar="FILE.zip",
            help="Draw nothing: put an open pack into one small file that --data-dir takes.",
            show_default=False,
        ),
    ] = None,
    quality: Annotated[
        int,
        typer.Option(
            "--quality", min=1, max=100, metavar="Q", help="Of the colours in --pack, WebP's."
        ),
    ] = 75,
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="NAME", help="Draw as this recipe does.")
    ] = "open",
    backgrounds: Annotated[
        Path | None,
        typer.Option(
            "--backgrounds",
            metavar="DIR",
            help="Photographs to compose foregrounds over.",
            show_default=False,
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", metavar="NAME", help="Kind of matte of the open pack; may be repeated."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Samples on a sheet.")] = 12,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the samples.")] = 0,
    crop: Annotated[
        int, typer.Option(min=32, max=1024, metavar="N", help="Side of a sample in pixels.")
    ] = 256,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace sheets.")] = False,
) -> None:
    """Draw training samples as sheets: image, trimap, alpha, cut-out on green.

    A PNG for each kind of matte of the open pack; for other data one, named after the recipe.

    Examples:

      indexnet samples --data-dir pets/ -o sheets/

      indexnet samples --data-dir Combined_Dataset --recipe indexnet --crop 320 -o sheets/

      indexnet samples --data-dir pack/ --pack pack.zip --quality 60
    """
    if (output is None) == (pack is None):
        raise UsageError("Either -o DIR for sheets, or --pack FILE.zip.", "Name one of them.")
    if pack is not None:
        _pack(data_dir, pack, quality, overwrite)
        return
    assert output is not None
    from indexnet_cli.datasets.pack_files import is_open_pack

    if len(data_dir) == 1 and is_open_pack(data_dir[0]):
        sheets = _pack_sheets(data_dir[0], kinds, seed, crop, recipe)
    else:
        if kinds:
            raise UsageError("--kind is for the open pack.", "Leave it out.")
        from indexnet_cli.datasets.sources import open_samples

        sheets = {recipe: open_samples(data_dir, recipe, seed, crop, backgrounds)}
    _refuse_existing(output, list(sheets), overwrite)
    for name, source in sheets.items():
        _write_sheet(source, count, output / f"{name}.png")


def _pack(data_dir: list[Path], destination: Path, quality: int, overwrite: bool) -> None:
    from indexnet_cli.cli.output import Output
    from indexnet_cli.datasets.packing import write_pack_file

    if len(data_dir) > 1:
        raise UsageError("--pack takes one open pack.", "Name one --data-dir.")
    out = Output()
    with out.progress("packing") as advance:
        size = write_pack_file(data_dir[0], destination, quality, overwrite, advance)
    out.note(f"{destination}: {size / 1e6:.1f} MB")


def _pack_sheets(
    root: Path, kinds: list[str] | None, seed: int, crop: int, recipe: str
) -> dict[str, SampleSource]:
    from indexnet_cli.datasets.mattes import kinds_of
    from indexnet_cli.datasets.open_compositions import OpenCompositions
    from indexnet_cli.datasets.pack import Pack

    if recipe != "open":
        raise UsageError(f"--recipe {recipe} does not draw from an open pack.", "Leave it out.")
    pack = Pack(root)
    known = kinds_of(pack)
    chosen = kinds or known
    unknown = [kind for kind in chosen if kind not in known]
    if unknown:
        hint = f"Kinds: {', '.join(known)}."
        raise UsageError(f"No such kind of matte: {', '.join(unknown)}.", hint)
    return {kind: OpenCompositions(pack, seed, crop, kinds=[kind]) for kind in chosen}


def _refuse_existing(output: Path, names: list[str], overwrite: bool) -> None:
    present = [name for name in names if (output / f"{name}.png").exists()]
    if present and not overwrite:
        raise UsageError(f"{output / present[0]}.png exists already.", "--overwrite replaces it.")


def _write_sheet(source: SampleSource, count: int, path: Path) -> None:
    from indexnet_cli.datasets.contact_sheet import contact_sheet
    from indexnet_cli.imaging.writing import write_rgba

    sheet = contact_sheet([source[i] for i in range(count)], columns=min(2, count))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}).") from error
    write_rgba(sheet, path, overwrite=True)
    typer.echo(str(path), err=True)
