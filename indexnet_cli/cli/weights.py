"""``indexnet weights``: the known checkpoints, and where they lie."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, VerboseOption
from indexnet_cli.cli.output import Output

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry

weights_app = typer.Typer(
    help="The known checkpoints, and where they lie.", no_args_is_help=True, rich_markup_mode=None
)


@weights_app.command("list")
@reports_failures
def list_weights(json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """Every known checkpoint: whether it is here, its licence and its published scores."""
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.manifest import load_manifest

    out = Output(verbose=verbose, json=json)
    entries = load_manifest().values()
    rows = [[entry.name, _state(entry), _scores(entry), entry.licence] for entry in entries]
    out.table(["name", "here", "SAD", "licence"], rows)
    out.document(
        [
            {**asdict(entry), "state": _state(entry), "path": str(entry_path(entry))}
            for entry in entries
        ]
    )


@weights_app.command("path")
@reports_failures
def show_path(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Checkpoint; without it, the cache's folder."),
    ] = None,
    json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print where a checkpoint lies, or would lie; without NAME, the folder for checkpoints."""
    from indexnet_cli.checkpoints.cache import weights_dir
    from indexnet_cli.checkpoints.locating import entry_for_model, entry_path
    from indexnet_cli.models.registry import resolve_model

    out = Output(verbose=verbose, json=json)
    path = weights_dir()
    if name is not None:
        path = entry_path(entry_for_model(resolve_model(name).name))
    out.text(str(path))
    out.document({"name": name, "path": str(path), "exists": path.exists()})


def _state(entry: Entry) -> str:
    from indexnet_cli.checkpoints.locating import entry_path

    if not entry_path(entry).is_file():
        return "no"
    return "bundled" if entry.bundled else "cached"


def _scores(entry: Entry) -> str:
    return f"{entry.scores['sad']} ({entry.scores['set']})" if entry.scores else "-"
