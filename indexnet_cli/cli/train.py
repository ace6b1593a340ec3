"""``indexnet train``: make a checkpoint from foregrounds, mattes and photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import DeviceOption, QuietOption, VerboseOption
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from indexnet_cli.training.loop import Progress


@reports_failures
def train(
    data_dir: Annotated[
        Path,
        typer.Option(
            "--data-dir", metavar="DIR", help="Open pack: fg/, bg/, alpha/ and manifest.csv."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Run folder; goes on from the snapshot in it."
        ),
    ],
    recipe: Annotated[str, typer.Option("--recipe", metavar="NAME", help="Recipe.")] = "open",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a recipe option; repeatable."),
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            "--encoder",
            metavar="FILE",
            help="ImageNet MobileNetV2 (.npz) to start the encoder from.",
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="open|FILE",
            help="Start from the bundled weights, or from a checkpoint.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, metavar="N", help="Processes that draw samples.")
    ] = 1,
    device: DeviceOption = "auto",
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Train a checkpoint on compositions made on the fly.

    Writes weights.safetensors (usable with `indexnet matte --weights`), snapshot.pt, curve.csv and
    validation.csv into the run folder. Interrupted? The same command goes on.
    """
    if encoder is not None and init is not None:
        raise UsageError("--encoder and --init exclude each other")
    from indexnet_cli.datasets.pack import Pack
    from indexnet_cli.engine.device import resolve_device
    from indexnet_cli.training.loop import Start, Trainer
    from indexnet_cli.training.recipe import load_recipe

    loaded = load_recipe(recipe, settings or [])
    start = Start(encoder=encoder, init=_initial_state(init, loaded.model) if init else None)
    trainer = Trainer(loaded, Pack(data_dir), output, resolve_device(device), start, workers)
    trainer.run((lambda _progress: None) if quiet else _report)


def _initial_state(init: str, model: str) -> dict[str, Tensor]:
    from indexnet_cli.checkpoints.locating import find_checkpoint
    from indexnet_cli.checkpoints.reading import read_state_dict

    checkpoint = find_checkpoint(model, None if init == "open" else init)
    return read_state_dict(checkpoint.path)


def _report(progress: Progress) -> None:
    line = (
        f"step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
        f"{progress.samples_per_second:.1f} samples/s"
    )
    if progress.validation:
        scores = (f"{kind} {mad:.4f}" for kind, (mad, _mse) in progress.validation.items())
        line += "  validation MAD: " + ", ".join(scores)
    typer.echo(line, err=True)
