"""How a training run is told: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from indexnet_cli.cli.output import Output

if TYPE_CHECKING:
    from indexnet_cli.training.progress import Progress

Report = Callable[["Progress"], None]


@contextmanager
def training_display(out: Output, done: int, steps: int | None) -> Iterator[Report]:
    """Give a function that takes every step's Progress; ``steps``: None if the clock tells them."""
    if out.quiet or not sys.stderr.isatty():
        yield lambda progress: _say(progress, out.note)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bars,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn() if steps else TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=steps or 1.0, completed=done if steps else 0, told="")

        def report(progress: Progress) -> None:
            done = progress.step if steps else progress.share
            bars.update(task, completed=done, told=_figures(progress))
            if progress.validation or progress.skipped:
                _say(progress, lambda line: console.print(line, highlight=False, markup=False))

        yield report


def _say(progress: Progress, say: Callable[[str], None]) -> None:
    if progress.skipped:
        say(f"warning: step {progress.step} left out: {progress.skipped}")
    if progress.due:
        say(f"step {_place(progress)}  {_figures(progress)}")
    if progress.validation:
        head = progress.columns[0]
        means = zip(progress.columns, progress.validation["mean"], strict=True)
        say("validation  " + "  ".join(f"{name} {value:.4g}" for name, value in means))
        kinds = {k: v[0] for k, v in progress.validation.items() if k != "mean"}
        if kinds:
            say(f"  {head}: " + ", ".join(f"{kind} {value:.4f}" for kind, value in kinds.items()))


def _place(progress: Progress) -> str:
    from indexnet_cli.training.plan import ENDLESS

    if progress.steps < ENDLESS:
        return f"{progress.step}/{progress.steps}"
    return f"{progress.step} ({progress.share:.0%})"


def _figures(progress: Progress) -> str:
    terms = ""
    if len(progress.terms) > 1:
        terms = " (" + ", ".join(f"{k} {v:.4f}" for k, v in progress.terms.items()) + ")"
    return f"loss {progress.loss:.4f}{terms}  {progress.samples_per_second:.1f} samples/s"
