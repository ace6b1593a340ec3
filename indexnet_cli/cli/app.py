"""All commands of ``indexnet`` in one Typer application."""

from __future__ import annotations

from typing import Annotated

import typer

from indexnet_cli.cli.batch.command import batch
from indexnet_cli.cli.composite import composite
from indexnet_cli.cli.edit import edit
from indexnet_cli.cli.eval import evaluate
from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.info import info
from indexnet_cli.cli.matte import matte
from indexnet_cli.cli.optional_value import OptionalSaveTrimap
from indexnet_cli.cli.render import render
from indexnet_cli.cli.samples import samples
from indexnet_cli.cli.train import train
from indexnet_cli.cli.trimap import trimap
from indexnet_cli.cli.weights import weights_app

app = typer.Typer(
    name="indexnet",
    help="Alpha mattes of photographs: image and trimap in, matte out.",
    no_args_is_help=True,
    # rich would cost more than all the rest of `indexnet --help`.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=OptionalSaveTrimap)(matte)
app.command()(batch)
app.command()(composite)
app.command()(trimap)
app.command()(edit)
app.command("eval")(evaluate)
app.command()(train)
app.command()(reports_failures(samples))
app.command()(reports_failures(render))
app.command()(info)
app.add_typer(weights_app, name="weights")


def _print_version(asked: bool) -> None:
    if asked:
        from indexnet_cli import __version__

        typer.echo(f"indexnet {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Alpha mattes of photographs: image and trimap in, matte out."""
