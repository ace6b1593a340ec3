"""`indexnet samples`: draw a contact sheet per kind of training matte."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def samples(
    data_dir: Annotated[
        Path, typer.Option("--data-dir", help="Training pack: fg/, bg/, alpha/, manifest.csv.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the sheets.")],
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Kind of matte; may be repeated.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Samples on a sheet.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the samples.")] = 0,
    crop: Annotated[int, typer.Option(min=32, max=1024, help="Side of a sample in pixels.")] = 256,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace sheets.")] = False,
) -> None:
    """Draw training samples as sheets: image, trimap, alpha, cut-out on green; a PNG per kind."""
    import cv2

    from indexnet_cli.datasets.contact_sheet import contact_sheet
    from indexnet_cli.datasets.mattes import KINDS
    from indexnet_cli.datasets.open_compositions import OpenCompositions
    from indexnet_cli.datasets.pack import Pack
    from indexnet_cli.errors import OutputError, UsageError

    chosen = kinds or list(KINDS)
    unknown = [kind for kind in chosen if kind not in KINDS]
    if unknown:
        known = f"Kinds: {', '.join(KINDS)}."
        raise UsageError(f"No such kind of matte: {', '.join(unknown)}.", known)
    targets = {kind: output / f"{kind}.png" for kind in chosen}
    present = [str(path) for path in targets.values() if path.exists()]
    if present and not overwrite:
        raise UsageError(f"{present[0]} exists already.", "--overwrite replaces it.")
    pack = Pack(data_dir)
    for kind, path in targets.items():
        compositions = OpenCompositions(pack, seed, crop, kinds=[kind])
        sheet = contact_sheet([compositions[i] for i in range(count)], columns=min(2, count))
        _, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
        try:
            output.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}).") from error
        typer.echo(str(path), err=True)
