"""A recipe's course: which step draws which samples, at which learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from indexnet_cli.training.recipe import Recipe

LATE_SEED = 500_000_000  # the late phase draws samples that the early one has not seen
ENDLESS = 1_000_000_000


@dataclass(frozen=True)
class Phase:
    """Steps ``first`` to ``last`` (exclusive) on samples of one size, drawn with one seed."""

    first: int
    last: int
    crop: int
    batch_size: int
    seed: int


@dataclass(frozen=True)
class Plan:
    """``recipe`` over an epoch of ``epoch_samples`` samples.

    A recipe in epochs drops what is left of each epoch after its last whole batch, as the
    published loaders do; one in steps takes samples in one row. One in minutes goes by the clock:
    ``seconds`` are those of training so far, and how many steps that comes to shows in the end.
    """

    recipe: Recipe
    epoch_samples: int

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch; at least one."""
        return max(1, self.epoch_samples // self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """All steps of the run; ENDLESS of one in minutes."""
        if self.recipe.minutes:
            return ENDLESS
        return self.recipe.steps or self.recipe.epochs * self.epoch_steps

    @property
    def validate_every(self) -> int:
        """Steps from one validation to the next."""
        return self.recipe.validate_every or self.epoch_steps

    @property
    def snapshot_every(self) -> int:
        """Steps from one snapshot to the next."""
        return self.recipe.snapshot_every or self.epoch_steps

    def share(self, step: int, seconds: float = 0.0) -> float:
        """How much of the run is done, 0 to 1."""
        if self.recipe.minutes:
            return min(1.0, seconds / (60 * self.recipe.minutes))
        return step / self.steps

    def is_over(self, step: int, seconds: float = 0.0) -> bool:
        """Whether there is nothing left to do."""
        return self.share(step, seconds) >= 1

    def phase(self, step: int, seconds: float = 0.0) -> Phase:
        """Small crops first, which teach as much in less time, then larger ones."""
        recipe = self.recipe
        if recipe.minutes:
            late, is_late = 0, self.share(step, seconds) >= 1 - recipe.late_share
            early_end = ENDLESS
        else:
            late = early_end = self.steps - round(recipe.late_share * self.steps)
            is_late = step >= late
        if is_late and recipe.late_share:
            seed = recipe.seed + LATE_SEED
            return Phase(late, self.steps, recipe.late_crop, recipe.late_batch_size, seed)
        return Phase(0, early_end, recipe.crop, recipe.batch_size, recipe.seed)

    def indices(self, step: int, batch_size: int) -> range:
        """The samples of ``step``."""
        start = step * batch_size
        if self.recipe.epochs and self.epoch_samples >= batch_size:
            epoch, within = divmod(step, self.epoch_steps)
            start = epoch * self.epoch_samples + within * batch_size
        return range(start, start + batch_size)

    def rate_factor(self, step: int, seconds: float = 0.0) -> float:
        """What the learning rates are multiplied by in ``step``."""
        recipe = self.recipe
        if recipe.schedule == "milestones":
            reached = step // self.epoch_steps if recipe.epochs else step
            passed = sum(milestone <= reached for milestone in recipe.milestones)
            return recipe.milestone_factor**passed
        if recipe.schedule == "linear" and recipe.minutes:
            way = self.share(step, seconds)
            return 1 + way * (recipe.final_learning_rate / recipe.learning_rate - 1)
        if recipe.schedule == "linear":
            unit = self.epoch_steps if recipe.epochs else 1
            last = max(1, (self.steps - 1) // unit)
            way = min(1.0, step // unit / last)
            return 1 + way * (recipe.final_learning_rate / recipe.learning_rate - 1)
        if recipe.schedule == "constant":
            return 1.0
        return self._warm_and_cool(step, seconds)

    def _warm_and_cool(self, step: int, seconds: float) -> float:
        """Warm-up, plateau and decay to zero."""
        warm = (step + 1) / max(1, self.recipe.warmup_steps)
        if self.recipe.minutes:
            cool = (1 - self.share(step, seconds)) / max(1e-6, self.recipe.decay_share)
        else:
            decay_steps = max(1, round(self.recipe.decay_share * self.steps))
            cool = (self.steps - step) / decay_steps
        return max(0.0, min(1.0, warm, cool))


class Batches(Sequence[range]):
    """The samples of each step of ``phase`` from step ``first`` on, told when asked for."""

    def __init__(self, plan: Plan, phase: Phase, first: int) -> None:
        self.plan, self.phase = plan, phase
        self._steps = range(max(phase.first, first), phase.last)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, number: int) -> range:  # type: ignore[override]
        return self.plan.indices(self._steps[number], self.phase.batch_size)
