"""``indexnet weights add``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output


@reports_failures
def add_weights(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which checkpoint it is.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, fetched by hand.")],
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Add a file that you fetched by hand.

    It is copied into the cache if it is the published one.
    For machines without a network, and for what only a browser can fetch.

    Example: indexnet weights add aimnet.update ~/Downloads/aimnet_pretrained_matting.pth
    """
    from indexnet_cli.checkpoints.manifest import find_entry
    from indexnet_cli.checkpoints.storing import add_file

    out = Output(quiet=quiet, verbose=verbose, json=json)
    entry = find_entry(name)
    path = add_file(entry, file.expanduser(), out.note)
    out.note(f"{entry.name} lies in {path}; licence: {entry.licence}")
    out.document(
        {
            "name": entry.name,
            "path": str(path),
            "bytes": path.stat().st_size,
            "licence": entry.licence,
            "non_commercial": entry.non_commercial,
        }
    )
