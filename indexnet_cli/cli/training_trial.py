"""A dry run: a few steps that write nothing, and what the whole run would come to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from indexnet_cli.cli.output import Output

if TYPE_CHECKING:
    from indexnet_cli.training.loop import Trainer

STEPS = 2


def try_out(trainer: Trainer, out: Output) -> None:
    """Tell the model, the data and the length of the run, and train STEPS steps."""
    from indexnet_cli.training.step import precision_on

    plan, recipe = trainer.course.plan, trainer.recipe
    count = sum(p.numel() for p in trainer.network.parameters())
    epoch = f"{plan.epoch_samples:,}" if plan.epoch_samples < 10**8 else "endless"
    place = f"on {trainer.device} in {precision_on(recipe, trainer.device)}"
    out.note(f"model       {recipe.model}, {count:,} parameters, {place}")
    out.note(f"samples     {epoch} an epoch, {recipe.crop} x {recipe.crop} pixels")
    length = f"{recipe.minutes:g} minutes, steps" if recipe.minutes else f"{plan.steps:,} steps"
    out.note(f"run         {length} of {recipe.batch_size}")
    out.note(f"validation  {', '.join(trainer.data.validator.columns)}")
    started = time.monotonic()
    for number, outcome in enumerate(trainer.try_out(STEPS), 1):
        terms = ", ".join(f"{name} {value:.4f}" for name, value in outcome.terms.items())
        out.note(f"step {number}      loss {outcome.loss:.4f} ({terms}) {outcome.skipped}".rstrip())
    seconds = (time.monotonic() - started) / STEPS
    out.note(f"time        {seconds:.1f} s a step, the start of the workers included")
    out.note("nothing was written")
