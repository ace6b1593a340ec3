"""``indexnet train``: make a checkpoint from pictures with their alphas."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import DeviceOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from indexnet_cli.training.loop import Trainer

DRY_STEPS = 2


@reports_failures
def train(
    data_dir: Annotated[
        list[Path],
        typer.Option(
            "--data-dir",
            metavar="DIR",
            help="Training set, of any layout in docs/training.md; repeatable.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Run folder; goes on from the snapshot in it."
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="open, finetune, indexnet, indexnet-mmagic[-dimaug], deep-matting, dim-stage0, "
            "dim-stage1[-skip], dim-stage2, dim-stage3, aimnet-transfer, aimnet-matting, "
            "dim-chainer, or a .toml file.",
        ),
    ] = "open",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a recipe option; repeatable."),
    ] = None,
    backgrounds: Annotated[
        Path | None,
        typer.Option(
            "--backgrounds", metavar="DIR", help="Photographs to compose foregrounds over."
        ),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(
            "--validation",
            metavar="DIR",
            help="Test set: image/, alpha/, trimap/, or a published one.  Default: the training "
            "set's own, or a held-out part.",
            show_default=False,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            "--encoder",
            metavar="NAME|FILE|none",
            help="ImageNet encoder to start from.  Default: the recipe's.",
            show_default=False,
        ),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="NAME|FILE",
            help="Weights to start from: open for the bundled ones, a name of "
            "`indexnet weights list`, or a checkpoint.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, metavar="N", help="Processes that draw samples.")
    ] = 1,
    keep: Annotated[
        int, typer.Option("--keep", min=1, metavar="K", help="How many snapshots stay.")
    ] = 1,
    evolution: Annotated[
        Path | None,
        typer.Option(
            "--evolution",
            metavar="FILE.gif",
            help="Film of one picture's matte, a frame a snapshot.",
        ),
    ] = None,
    tensorboard: Annotated[
        bool,
        typer.Option("--tensorboard", help="Write curves and examples for TensorBoard as well."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check the data, train two steps, write nothing."),
    ] = False,
    device: DeviceOption = "auto",
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Train a checkpoint.

    The run folder gets weights.safetensors and best.safetensors (for `indexnet matte --weights`),
    snapshot.pt, curve.csv, validation.csv and examples/. Interrupted? The same command goes on.
    torchrun shares a run out among GPUs and machines: docs/training-at-scale.md.

    Examples:

      indexnet train --recipe finetune --data-dir my-pictures -o runs/mine

      indexnet train --recipe indexnet --data-dir Combined_Dataset -o runs/indexnet --workers 8

      indexnet train --recipe dim-stage1-skip --data-dir fg-alpha --backgrounds coco/train2017
      -o runs/dim --set batch_size=8 --set precision=bf16 --evolution dim.gif

      indexnet train --recipe finetune --data-dir my-pictures --dry-run

      torchrun --nproc-per-node 8 -m indexnet_cli train --recipe indexnet --data-dir DIR -o DIR
    """
    if output is None and not dry_run:
        raise UsageError("A folder for the run is needed.", "Name one with -o DIR, or --dry-run.")
    if encoder is not None and encoder != "none" and init is not None:
        raise UsageError("--encoder and --init exclude each other")
    if evolution is not None and not evolution.absolute().parent.is_dir():
        raise UsageError(f"--evolution: there is no folder {evolution.parent}.")
    from indexnet_cli.cli.training_start import choose_start
    from indexnet_cli.engine.device import resolve_device
    from indexnet_cli.engine.ranks import joined, local_device
    from indexnet_cli.training.data import open_data
    from indexnet_cli.training.keeping import KeepingOptions
    from indexnet_cli.training.loop import Trainer
    from indexnet_cli.training.recipe import load_recipe

    loaded = load_recipe(recipe, settings or [])
    place = resolve_device(local_device(device))
    folder = output or Path(os.devnull)  # a dry run writes nothing
    with joined(place) as ranks:
        out = Output(quiet=quiet or not ranks.leads, verbose=verbose)
        data = open_data(data_dir, loaded, backgrounds, validation)
        out.note(f"{', '.join(map(str, data_dir))}: {data.description}")
        if data.warning:
            out.warn(data.warning)
        start = choose_start(loaded, folder, encoder, init, out)
        options = KeepingOptions(keep, evolution, tensorboard)
        trainer = Trainer(loaded, data, folder, place, start, workers, ranks, options)
        if dry_run:
            _try_out(trainer, out)
        else:
            _run(trainer, out)


def _run(trainer: Trainer, out: Output) -> None:
    from indexnet_cli.cli.training_display import training_display

    if trainer.step:
        out.note(f"goes on after step {trainer.step} of {trainer.plan.steps}")
    with training_display(out, trainer.step, trainer.plan.steps) as report:
        trainer.run(report)
    scores = ", ".join(f"{name} {value:.4g}" for name, value in trainer.keeper.scores.items())
    out.note(f"{trainer.folder / 'weights.safetensors'}: {scores}")


def _try_out(trainer: Trainer, out: Output) -> None:
    """Two steps, and what the whole run would come to."""
    import time

    plan, recipe = trainer.plan, trainer.recipe
    count = sum(p.numel() for p in trainer.network.parameters())
    epoch = f"{plan.epoch_samples:,}" if plan.epoch_samples < 10**8 else "endless"
    out.note(f"model       {recipe.model}, {count:,} parameters, on {trainer.device}")
    out.note(f"samples     {epoch} an epoch, {recipe.crop} x {recipe.crop} pixels")
    out.note(f"run         {plan.steps:,} steps of {recipe.batch_size}")
    out.note(f"validation  {', '.join(trainer.data.validator.columns)}")
    started = time.monotonic()
    for number, outcome in enumerate(trainer.try_out(DRY_STEPS), 1):
        terms = ", ".join(f"{name} {value:.4f}" for name, value in outcome.terms.items())
        out.note(f"step {number}      loss {outcome.loss:.4f} ({terms}) {outcome.skipped}".rstrip())
    seconds = (time.monotonic() - started) / DRY_STEPS
    out.note(f"time        {seconds:.1f} s a step, the start of the workers included")
    out.note("nothing was written")
