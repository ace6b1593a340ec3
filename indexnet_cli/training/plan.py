"""A recipe's course: which step draws which samples, at which learning rate."""

from __future__ import annotations

from dataclasses import dataclass

from indexnet_cli.training.recipe import Recipe

LATE_SEED = 500_000_000  # the late phase draws samples that the early one has not seen


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
    published loaders do; one in steps takes samples in one row.
    """

    recipe: Recipe
    epoch_samples: int

    @property
    def epoch_steps(self) -> int:
        """Steps of an epoch; at least one."""
        return max(1, self.epoch_samples // self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """All steps of the run."""
        return self.recipe.steps or self.recipe.epochs * self.epoch_steps

    @property
    def validate_every(self) -> int:
        """Steps from one validation to the next."""
        return self.recipe.validate_every or self.epoch_steps

    @property
    def snapshot_every(self) -> int:
        """Steps from one snapshot to the next."""
        return self.recipe.snapshot_every or self.epoch_steps

    def phases(self) -> list[Phase]:
        """Small crops first, which teach as much in less time, then larger ones."""
        recipe = self.recipe
        late = self.steps - round(recipe.late_share * self.steps)
        phases = [
            Phase(0, late, recipe.crop, recipe.batch_size, recipe.seed),
            Phase(
                late,
                self.steps,
                recipe.late_crop,
                recipe.late_batch_size,
                recipe.seed + LATE_SEED,
            ),
        ]
        return [phase for phase in phases if phase.first < phase.last]

    def indices(self, step: int, batch_size: int) -> range:
        """The samples of ``step``."""
        start = step * batch_size
        if self.recipe.epochs and self.epoch_samples >= batch_size:
            epoch, within = divmod(step, self.epoch_steps)
            start = epoch * self.epoch_samples + within * batch_size
        return range(start, start + batch_size)

    def rate_factor(self, step: int) -> float:
        """What the learning rates are multiplied by in ``step``."""
        recipe = self.recipe
        if recipe.schedule == "milestones":
            reached = step // self.epoch_steps if recipe.epochs else step
            passed = sum(milestone <= reached for milestone in recipe.milestones)
            return recipe.milestone_factor**passed
        if recipe.schedule == "linear":
            unit = self.epoch_steps if recipe.epochs else 1
            last = max(1, (self.steps - 1) // unit)
            way = min(1.0, step // unit / last)
            return 1 + way * (recipe.final_learning_rate / recipe.learning_rate - 1)
        if recipe.schedule == "constant":
            return 1.0
        return self._warm_and_cool(step)

    def _warm_and_cool(self, step: int) -> float:
        """Warm-up, plateau and decay to zero."""
        decay_steps = max(1, round(self.recipe.decay_share * self.steps))
        warm = (step + 1) / max(1, self.recipe.warmup_steps)
        cool = (self.steps - step) / decay_steps
        return max(0.0, min(1.0, warm, cool))
