"""A batch from pairs to files: once over what is there, or on and on over what arrives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexnet_cli.cli.batch.tally import Tally
from indexnet_cli.cli.output import Output
from indexnet_cli.errors import CheckpointError, DeviceError, UsageError
from indexnet_cli.signals import heard_again

if TYPE_CHECKING:
    from indexnet_cli.batch.matting import BatchMatting
    from indexnet_cli.batch.pairing import Pair
    from indexnet_cli.batch.planning import Item
    from indexnet_cli.batch.sharding import Shard


@dataclass
class BatchRun:
    """Runs this process's ``shard`` of the work through the pipeline, into ``output``."""

    matting: BatchMatting
    output: Path
    shard: Shard
    overwrite: bool
    out: Output
    tally: Tally = field(init=False)
    _writers: dict[Path, Path] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.tally = Tally(self.out)

    def once(self, pairs: list[Pair]) -> list[Item]:
        """All of these pairs, or this process's part of them, which is returned."""
        items = self.shard.part_of(self._plan(pairs))
        try:
            with heard_again() as interrupt:
                self._process(items, interrupt)
        except (KeyboardInterrupt, SystemExit):
            left = self.tally.left_of(len(items))
            self.out.note(
                f"{self.tally.summary()}, {left} left: the same command goes on with them"
            )
            raise
        finally:
            self._report_failures()
        self.out.note(self.tally.summary())
        return items

    def watch(self, images: Path, guides: Path | None, recursive: bool) -> None:
        """Whatever arrives, until it is interrupted: that is the way to end it."""
        from indexnet_cli.batch.listing import list_pictures
        from indexnet_cli.batch.pairing import leave_out, pair_files
        from indexnet_cli.batch.watching import arrivals

        without = (self.output, *([] if guides is None else [guides]))

        def scan(interrupt: Callable[[], None]) -> list[Pair]:
            interrupt()
            made = self.matting.journal.own()
            files = leave_out(list_pictures(images, recursive, without), made)
            pairs = pair_files(images, files, guides, self.matting.guide)
            return [pair for pair in pairs if self.shard.takes(pair.relative.as_posix())]

        self.out.note(f"watching {images}; Ctrl-C ends")
        try:
            with heard_again() as interrupt:
                for pairs in arrivals(partial(scan, interrupt)):
                    self._process(self._plan_arrivals(pairs), interrupt)
        except KeyboardInterrupt:
            self.out.note(self.tally.summary())
        finally:
            self._report_failures()

    def _plan(self, pairs: list[Pair]) -> list[Item]:
        from indexnet_cli.batch.planning import plan, refuse_strangers, remove_leftovers

        items = plan(pairs, self.output, self.matting.style)
        if not self.overwrite:
            refuse_strangers(items, self.matting.journal.own(), self.matting.style)
        remove_leftovers(items, self.output)
        return items

    def _plan_arrivals(self, pairs: list[Pair]) -> list[Item]:
        """As ``_plan``, but what is refused is told and left out: the rest goes on."""
        try:
            items = self._plan(pairs)
        except UsageError:
            items = []
            for pair in pairs:
                try:
                    items += self._plan([pair])
                except UsageError as error:
                    self.tally.fail(str(pair.image), error)
        return [item for item in items if self._is_first(item)]

    def _is_first(self, item: Item) -> bool:
        """Whether no picture of another name that arrived before has the same outputs."""
        for path in item.outputs.values():
            other = self._writers.setdefault(path, item.pair.image)
            if other != item.pair.image:
                error = UsageError(f"{other} and {item.pair.image} would both write {path}.")
                self.tally.fail(str(item.pair.image), error)
                return False
        return True

    def _process(self, items: list[Item], interrupt: Callable[[], None]) -> None:
        from indexnet_cli.batch.pipeline import run_pipeline

        matting = self.matting
        # Closed however the loop ends, so that no thread works on.
        with (
            closing(run_pipeline(items, matting.load, matting.work, matting.save)) as outcomes,
            self.out.counting("pictures", len(items)) as advance,
        ):
            for outcome in outcomes:
                image = str(outcome.item.pair.image)
                if outcome.error is None:
                    assert outcome.result is not None
                    self.tally.tell(image, outcome.result)
                else:
                    self._raise_if_for_all(outcome.error)
                    self.tally.fail(image, outcome.error)
                advance()
                interrupt()

    def _raise_if_for_all(self, error: Exception) -> None:
        """Without a network there is no matte: every other picture would say the same."""
        built = "matter" in vars(self.matting)
        if isinstance(error, CheckpointError) or (isinstance(error, DeviceError) and not built):
            raise error

    def _report_failures(self) -> None:
        self.tally.report_failures(self.output / f"failures{self.shard.suffix}.csv")
