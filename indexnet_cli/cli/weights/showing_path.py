"""``indexnet weights path``."""

from __future__ import annotations

from typing import Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, VerboseOption
from indexnet_cli.cli.output import Output


@reports_failures
def show_path(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Checkpoint; without it, the cache's folder."),
    ] = None,
    json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print where a checkpoint lies, or would lie.

    Without NAME, the folder for checkpoints.

    Examples:

      indexnet weights path

      indexnet weights path indexnet.open
    """
    from indexnet_cli.checkpoints.cache import weights_dir
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.manifest import find_entry

    out = Output(verbose=verbose, json=json)
    path = weights_dir() if name is None else entry_path(find_entry(name))
    out.text(str(path))
    out.document({"name": name, "path": str(path), "exists": path.exists()})
