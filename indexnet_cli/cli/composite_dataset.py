"""``indexnet composite --dataset``: build composed training and test sets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from indexnet_cli.cli.output import Output, say_error
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from indexnet_cli.datasets.assembling.making import Maker
    from indexnet_cli.datasets.assembling.plan import Composition, Split

SplitChoice = Literal["train", "test"]
FormChoice = Literal["indexnet", "mmagic", "dim"]

DatasetOption = Annotated[
    Path | None,
    typer.Option(
        "--dataset",
        metavar="DIR",
        help="Build a whole set of compositions: DIR has Training_set/ and Test_set/ with fg/ and "
        "alpha/ in them, or fg/ and alpha/ itself.",
        show_default=False,
    ),
]
BackgroundsOption = Annotated[
    Path | None,
    typer.Option(
        "--backgrounds",
        metavar="DIR",
        help="Photographs for --dataset (COCO, VOC, your own). Default: train2014/ or bg/ in DIR.",
        show_default=False,
    ),
]
FormOption = Annotated[
    FormChoice,
    typer.Option("--like", help="Whose rule of composing, names and lists --dataset follows."),
]
SplitOption = Annotated[
    SplitChoice | None,
    typer.Option(
        "--split",
        help="Which set --dataset builds. Default: those that have foregrounds.",
        show_default=False,
    ),
]
EachOption = Annotated[
    int | None,
    typer.Option(
        "--each",
        min=1,
        metavar="N",
        help="Photographs a foreground for --dataset. Default: 100 for training, 20 for the test.",
        show_default=False,
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed", min=0, help="Seed for --dataset: which photographs go with which foreground."
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        metavar="N",
        help="Compositions made at a time by --dataset. Default: as many as there are cores.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class DatasetJob:
    """What is asked for; ``each`` is the number of photographs a foreground (None: published)."""

    root: Path
    backgrounds: Path | None
    folder: Path
    form: FormChoice
    split: SplitChoice | None
    each: int | None
    seed: int
    threads: int | None
    overwrite: bool

    def run(self, out: Output) -> None:
        """Plan and estimate all, then build it. Exits with 1 where compositions failed."""
        from indexnet_cli.datasets.assembling.formats import FORMATS
        from indexnet_cli.datasets.assembling.making import Maker
        from indexnet_cli.datasets.assembling.plan import EACH, plan_compositions, splits_of
        from indexnet_cli.datasets.assembling.running import (
            check_room,
            estimate_bytes,
            gigabytes,
            without_own,
        )

        if self.folder.is_file():
            raise UsageError(f"{self.folder} is a file.", "Name a folder for the set with -o.")
        planned: list[tuple[Maker, list[Composition]]] = []
        splits: list[Split] = splits_of(self.root) if self.split is None else [self.split]
        for split in splits:
            each = self.each or EACH[split]
            compositions = without_own(
                plan_compositions(self.root, split, self.backgrounds, each, self.seed), self.folder
            )
            maker = Maker(FORMATS[self.form], split, self.folder, self.seed)
            planned.append((maker, compositions))
        wanted = sum(estimate_bytes(maker, compositions) for maker, compositions in planned)
        free = check_room(planned[0][0], wanted)
        count = sum(len(compositions) for _, compositions in planned)
        out.note(
            f"{count} compositions; still to write about {gigabytes(wanted)} of "
            f"{gigabytes(free)} free"
        )
        self._build(planned, count, out)

    def _build(
        self, planned: list[tuple[Maker, list[Composition]]], count: int, out: Output
    ) -> None:
        import cv2

        from indexnet_cli.datasets.assembling.formats import write_text
        from indexnet_cli.datasets.assembling.running import assemble

        cv2.setNumThreads(1)  # the cores go to different pictures
        threads = self.threads or os.cpu_count() or 1
        told = []
        with out.counting("compositions", count) as advance:
            for maker, compositions in planned:
                told.append(assemble(maker, compositions, threads, self.overwrite, advance))
                write_text(self.folder, maker.form.lists(compositions, maker.split, self.folder))
        failures = {name: why for part in told for name, why in part.failures.items()}
        made, before = sum(part.made for part in told), sum(part.done_before for part in told)
        out.document(
            {"output": str(self.folder), "made": made, "done_before": before, "failed": failures}
        )
        out.note(f"{self.folder}: {made} made, {before} done before, {len(failures)} failed")
        for name, why in failures.items():
            say_error(f"{name}: {why}")
        if failures:
            raise typer.Exit(1)
