"""``indexnet weights``: the known checkpoints, here and elsewhere. One file a command."""

from __future__ import annotations

import typer

from indexnet_cli.cli.weights.adding import add_weights
from indexnet_cli.cli.weights.converting import convert_weights
from indexnet_cli.cli.weights.exporting import export_weights
from indexnet_cli.cli.weights.listing import list_weights
from indexnet_cli.cli.weights.pulling import pull_weights
from indexnet_cli.cli.weights.removing import remove_weights
from indexnet_cli.cli.weights.showing_path import show_path
from indexnet_cli.cli.weights.verifying import verify_weights

weights_app = typer.Typer(
    help="The known checkpoints: list, fetch, check and convert them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
weights_app.command("list")(list_weights)
weights_app.command("pull")(pull_weights)
weights_app.command("verify")(verify_weights)
weights_app.command("add")(add_weights)
weights_app.command("remove")(remove_weights)
weights_app.command("path")(show_path)
weights_app.command("convert")(convert_weights)
weights_app.command("export")(export_weights)
