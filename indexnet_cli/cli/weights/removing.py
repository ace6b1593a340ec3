"""``indexnet weights remove``."""

from __future__ import annotations

from typing import Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.wording import MEGA


@reports_failures
def remove_weights(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Checkpoints.")],
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Remove checkpoints from the cache.

    The files, begun downloads, and the hashes noted for them.

    Example:

      indexnet weights remove indexnet.official
    """
    from indexnet_cli.checkpoints.manifest import find_entry
    from indexnet_cli.checkpoints.storing import remove_file

    out = Output(quiet=quiet, verbose=verbose, json=json)
    told = []
    for entry in [find_entry(name) for name in names]:
        freed = remove_file(entry)
        freed_text = f"removed, {freed / MEGA:.1f} MB" if freed else "was not here"
        out.note(f"{entry.name}: {freed_text}")
        told.append({"name": entry.name, "freed_bytes": freed})
    out.document(told)
