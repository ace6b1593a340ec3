"""Where a run is in its plan, and the batches from there on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import UsageError
from indexnet_cli.training.batches import Share, batches
from indexnet_cli.training.clock import Clock
from indexnet_cli.training.data import Data
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.plan import Batches, Phase, Plan
from indexnet_cli.training.recipe import Recipe


class Course:
    """``step`` and ``clock`` of a run, what its plan says of them, and this process's batches.

    ``workers`` draw the samples. Raises UsageError for batches that the processes and pieces
    cannot share equally.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Data,
        device: torch.device,
        workers: int,
        ranks: Ranks,
        pause_at: float | None = None,
    ) -> None:
        _check_division(recipe, ranks)
        self.recipe, self.data, self.device = recipe, data, device
        self.workers, self.ranks = workers, ranks
        self.plan = Plan(recipe, len(data.samples(recipe.seed, recipe.crop)))
        self.step = 0
        self.clock = Clock(ranks, device, pause_at)

    @property
    def is_over(self) -> bool:
        """Whether the plan's end is reached."""
        return self.plan.is_over(self.step, self.clock.seconds)

    @property
    def share(self) -> float:
        """How much of the run is done, 0 to 1."""
        return self.plan.share(self.step, self.clock.seconds)

    @property
    def rate_factor(self) -> float:
        """What the learning rates are multiplied by in the next step."""
        return self.plan.rate_factor(self.step, self.clock.seconds)

    def is_due(self, every: int) -> bool:
        """Whether something done every so many steps, and at the end, comes after this step."""
        return self.is_over or self.step % every == 0

    def steps(self) -> Iterator[list[Batch]]:
        """The pieces of each step that is left, phase after phase; ``step`` is moved by others."""
        while not self.is_over:
            phase = self._phase()
            pieces: list[Batch] = []
            for piece in self._pieces(phase):
                pieces.append(piece)
                if len(pieces) == self.recipe.accumulate:
                    yield pieces
                    pieces = []
                    if self.is_over or self._phase() != phase:
                        break

    def size(self, pieces: list[Batch]) -> int:
        """Samples of a step of which this process has ``pieces``."""
        return sum(len(piece["alpha"]) for piece in pieces) * self.ranks.count

    def first_inputs(self, feed: Feed) -> Iterator[Tensor]:
        """The network's inputs in the first steps, by which batch norm is calibrated."""
        recipe = self.recipe
        samples = self.data.samples(recipe.seed, recipe.crop)
        first = [self.plan.indices(s, recipe.batch_size) for s in range(recipe.calibration_batches)]
        for batch in batches(samples, first, 0, self.device):
            yield feed(batch)

    def _phase(self) -> Phase:
        return self.plan.phase(self.step, self.clock.seconds)

    def _pieces(self, phase: Phase) -> Iterator[Batch]:
        """This process's pieces of the steps of ``phase`` that are left, in one row."""
        samples = self.data.samples(phase.seed, phase.crop)
        steps = Batches(self.plan, phase, self.step)
        mine = Share(steps, self.recipe.accumulate, self.ranks.rank, self.ranks.count)
        for piece in batches(samples, mine, self.workers, self.device):
            self._check_colours(piece)
            yield piece

    def _check_colours(self, batch: Batch) -> None:
        if self.recipe.composition_weight and "background" not in batch:
            raise UsageError(
                "the recipe's composition loss needs foregrounds and backgrounds, which this data "
                "does not have",
                "Add --set composition_weight=0, or give fg/ and --backgrounds DIR.",
            )


def _check_division(recipe: Recipe, ranks: Ranks) -> None:
    sizes = [recipe.batch_size]
    if recipe.late_share:
        sizes.append(recipe.late_batch_size)
    for size in sizes:
        if size % (ranks.count * recipe.accumulate):
            raise UsageError(
                f"a batch of {size} cannot be divided into {ranks.count * recipe.accumulate} "
                f"equal pieces ({ranks.count} processes, accumulate = {recipe.accumulate})",
                "Change --set batch_size=N or --set accumulate=N.",
            )
