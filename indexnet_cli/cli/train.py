"""``indexnet train``: make a checkpoint from pictures with their alphas."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import DeviceOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    import torch

    from indexnet_cli.training.loop import Trainer
    from indexnet_cli.training.recipe import Recipe


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
            help="open[-further|-small], finetune, indexnet, indexnet-mmagic[-dimaug], "
            "deep-matting, dim-stage0, dim-stage1[-skip], dim-stage2, dim-stage3, "
            "aimnet-transfer, aimnet-matting, dim-chainer, or a .toml file.",
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
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="M",
            help="Length of the run by the clock, over all calls; the learning rate goes by it.",
            show_default=False,
        ),
    ] = None,
    pause_after: Annotated[
        float | None,
        typer.Option(
            "--pause-after",
            metavar="M",
            help="End this call after M minutes with a snapshot; the same command goes on.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=0,
            metavar="N",
            help="Processes that draw samples.  Default: for a GPU one for each core, else 1.",
            show_default=False,
        ),
    ] = None,
    keep: Annotated[
        int, typer.Option("--keep", min=1, metavar="K", help="How many snapshots stay.")
    ] = 1,
    snapshot_dir: Annotated[
        Path | None,
        typer.Option(
            "--snapshot-dir",
            metavar="DIR",
            help="Compact snapshots as well, in a few files of 10 MiB; goes on from them too.",
            show_default=False,
        ),
    ] = None,
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

      indexnet train --data-dir pack.zip -o runs/open --snapshot-dir carry --minutes 25
      --pause-after 9

      torchrun --nproc-per-node 8 -m indexnet_cli train --recipe indexnet --data-dir DIR -o DIR
    """
    began = time.monotonic()
    _check_length("--minutes", minutes)
    _check_length("--pause-after", pause_after)
    if output is None and not dry_run:
        raise UsageError("A folder for the run is needed.", "Name one with -o DIR, or --dry-run.")
    if encoder is not None and encoder != "none" and init is not None:
        raise UsageError("--encoder and --init exclude each other")
    if evolution is not None and not evolution.absolute().parent.is_dir():
        raise UsageError(f"--evolution: there is no folder {evolution.parent}.")
    from indexnet_cli.cli.training_start import choose_start
    from indexnet_cli.cli.training_trial import try_out
    from indexnet_cli.engine.allocator import keep_all_memory
    from indexnet_cli.engine.device import resolve_device
    from indexnet_cli.engine.ranks import joined, local_device
    from indexnet_cli.training.data import open_data
    from indexnet_cli.training.keeping import KeepingOptions
    from indexnet_cli.training.loop import Trainer
    from indexnet_cli.training.recipe import load_recipe
    from indexnet_cli.training.resuming import has_snapshot

    length = [] if minutes is None else [f"minutes={minutes}"]
    loaded = load_recipe(recipe, [*(settings or []), *length])
    place = resolve_device(local_device(device))
    if place.type == "cpu":
        keep_all_memory()
    folder = output or Path(os.devnull)  # a dry run writes nothing
    with joined(place) as ranks:
        out = Output(quiet=quiet or not ranks.leads, verbose=verbose)
        data = open_data(data_dir, loaded, backgrounds, validation)
        out.note(f"{', '.join(map(str, data_dir))}: {data.description}")
        if data.warning:
            out.warn(data.warning)
        _warn_of_slow_numbers(loaded, place, out)
        start = choose_start(loaded, has_snapshot(folder, snapshot_dir), encoder, init, out)
        options = KeepingOptions(keep, evolution, tensorboard, snapshot_dir)
        pause_at = None if pause_after is None else began + 60 * pause_after
        count = _worker_count(place.type) if workers is None else workers
        trainer = Trainer(loaded, data, folder, place, start, count, ranks, options, pause_at)
        if dry_run:
            try_out(trainer, out)
        else:
            _run(trainer, out)


def _check_length(option: str, minutes: float | None) -> None:
    if minutes is not None and not 0 < minutes < float("inf"):
        raise UsageError(f"{option} {minutes}: a number above 0 is needed.")


def _run(trainer: Trainer, out: Output) -> None:
    from indexnet_cli.cli.training_display import training_display

    steps = None if trainer.recipe.minutes else trainer.course.plan.steps
    if trainer.step:
        out.note(f"goes on after step {trainer.step}" + (f" of {steps}" if steps else ""))
    with training_display(out, trainer.step, steps) as report:
        trainer.run(report)
    if not trainer.is_over:
        out.note(f"pauses after step {trainer.step}; the same command goes on")
        return
    scores = ", ".join(f"{name} {value:.4g}" for name, value in trainer.keeper.scores.items())
    out.note(f"{trainer.folder / 'weights.safetensors'}: {scores}")


def _warn_of_slow_numbers(recipe: Recipe, device: torch.device, out: Output) -> None:
    from indexnet_cli.engine.precision import multiplies_bf16

    if recipe.precision == "bf16" and device.type == "cpu" and not multiplies_bf16():
        out.warn(
            "this processor has no instructions for bfloat16 and takes about ten times as long "
            "with it as with float32: add --set precision=auto"
        )


def _worker_count(device: str) -> int:
    """A CPU that trains has no core to spare; processes on one machine share its cores."""
    if device == "cpu":
        return 1
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
