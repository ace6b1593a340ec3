"""The training loop: batches in, snapshots, a learning curve and weights out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import TrainingError, UsageError
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.averaging import Average
from indexnet_cli.training.batches import Share, batches
from indexnet_cli.training.clock import Clock
from indexnet_cli.training.data import Data
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.keeping import Keeper, KeepingOptions
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.meanwhile import Meanwhile
from indexnet_cli.training.plan import Batches, Phase, Plan
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.resuming import newest_state
from indexnet_cli.training.shards import check_size
from indexnet_cli.training.signals import end, interruptible
from indexnet_cli.training.starting import Start, begin
from indexnet_cli.training.step import Outcome, TrainingStep
from indexnet_cli.training.validation.result import Rows

LOG_EVERY = 25


@dataclass(frozen=True)
class Progress:
    """What the loop reports after every step.

    ``share``: how much of the run is done, 0 to 1; ``steps`` is ENDLESS where the clock tells that.
    ``due`` marks a step that is written down; ``loss`` and ``terms`` are means since the last of
    these. ``validation`` has the errors named ``columns``, where the step was followed by one.
    """

    step: int
    steps: int
    share: float
    loss: float
    terms: dict[str, float]
    samples_per_second: float
    due: bool
    validation: Rows = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    skipped: str = ""


class Trainer:
    """One training run in ``folder``; goes on from the snapshot there, if any.

    ``ranks``: the processes it shares every step with. ``pause_at``: see Clock. What is kept of
    the run, and where, is ``Keeper``'s business.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Data,
        folder: Path,
        device: torch.device,
        start: Start,
        workers: int,
        ranks: Ranks | None = None,
        options: KeepingOptions | None = None,
        pause_at: float | None = None,
    ) -> None:
        self.recipe, self.data, self.folder, self.workers = recipe, data, folder, workers
        self.ranks = ranks or Ranks()
        self._check_division()
        self.spec = resolve_model(recipe.model)
        self.plan = Plan(recipe, len(data.samples(recipe.seed, recipe.crop)))
        self.step = self.bad_steps = 0
        self.clock = Clock(self.ranks, device, pause_at)
        torch.manual_seed(recipe.seed)
        self.network = build_network(self.spec).to(device)
        if options is not None and options.compact is not None:
            check_size(sum(parameter.numel() for parameter in self.network.parameters()))
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device
        state = newest_state(folder, options.compact if options else None, recipe)
        if state is not None:
            self.network.load_state_dict(state["network"])
            self.step = state["step"]
        else:
            begin(self.network, self.spec, recipe, start, self._calibration_inputs)
        self.training_step = TrainingStep(self.network, self.spec, recipe, device, self.ranks)
        self.average = Average(self.network, recipe.ema_decay) if recipe.ema_decay else None
        self.keeper = Keeper(self.folder, recipe, self.spec, device, self.ranks, options)
        if state is not None:
            self._resume(state)

    def _check_division(self) -> None:
        shares = self.ranks.count * self.recipe.accumulate
        sizes = [self.recipe.batch_size]
        if self.recipe.late_share:
            sizes.append(self.recipe.late_batch_size)
        for size in sizes:
            if size % shares:
                raise UsageError(
                    f"a batch of {size} cannot be divided into {shares} equal pieces "
                    f"({self.ranks.count} processes, accumulate = {self.recipe.accumulate})",
                    "Change --set batch_size=N or --set accumulate=N.",
                )

    def _calibration_inputs(self) -> Iterator[Tensor]:
        recipe = self.recipe
        samples = self.data.samples(recipe.seed, recipe.crop)
        first = [self.plan.indices(s, recipe.batch_size) for s in range(recipe.calibration_batches)]
        feed = Feed(self.spec, self.device)
        for batch in batches(samples, first, 0, self.device):
            yield feed(batch)

    def _resume(self, state: dict[str, Any]) -> None:
        self.training_step.optimizer.load_state_dict(state["optimizer"])
        if "scaler" in state:
            self.training_step.scaler.load_state_dict(state["scaler"])
        if self.average is not None:
            self.average.load(state["average"])
        self.keeper.resume(state)
        self.clock.start(state.get("seconds", 0.0))

    def run(self, report: Callable[[Progress], None]) -> None:
        """Train up to the plan's end, or until the clock says pause.

        SIGINT and SIGTERM end the run after the step at hand and a snapshot. Raises TrainingError
        after ``bad_steps`` steps in a row without a finite loss.
        """
        self.keeper.open(self.step, self.data.validator)
        since = Meanwhile()
        self.clock.start(self.clock.seconds)
        with interruptible() as interruption:
            for pieces in self._steps():
                outcome = self._train_step(pieces)
                self.step += 1
                self.clock.tick()
                since.add(outcome, self._size(pieces))
                asked = self._asked_to_end(interruption.signal)
                ends = bool(asked) or (self.clock.pauses and not self.is_over)
                rows = self._keep(ends)
                report(self._told(since, outcome, rows, ends))
                self._check_health(outcome)
                if asked:
                    self.keeper.close()
                    end(asked)
                if ends:
                    break
        self.keeper.close()

    def try_out(self, steps: int) -> list[Outcome]:
        """Train a few steps, and write nothing."""
        taken = []
        for pieces, _ in zip(self._steps(), range(steps), strict=False):
            taken.append(self._train_step(pieces))
            self.step += 1
        return taken

    def _steps(self) -> Iterator[list[Batch]]:
        """The pieces of each step that is left, phase after phase."""
        recipe, ranks = self.recipe, self.ranks
        while not self.is_over:
            phase = self._phase()
            samples = self.data.samples(phase.seed, phase.crop)
            steps = Batches(self.plan, phase, self.step)
            mine = Share(steps, recipe.accumulate, ranks.rank, ranks.count)
            pieces: list[Batch] = []
            for piece in batches(samples, mine, self.workers, self.device):
                self._check_colours(piece)
                pieces.append(piece)
                if len(pieces) == recipe.accumulate:
                    yield pieces
                    pieces = []
                    if self.is_over or self._phase() != phase:
                        break

    @property
    def is_over(self) -> bool:
        """Whether the plan's end is reached."""
        return self.plan.is_over(self.step, self.clock.seconds)

    def _phase(self) -> Phase:
        return self.plan.phase(self.step, self.clock.seconds)

    def _check_colours(self, batch: Batch) -> None:
        if self.recipe.composition_weight and "background" not in batch:
            raise UsageError(
                "the recipe's composition loss needs foregrounds and backgrounds, which this data "
                "does not have",
                "Add --set composition_weight=0, or give fg/ and --backgrounds DIR.",
            )

    def _train_step(self, pieces: list[Batch]) -> Outcome:
        rate_factor = self.plan.rate_factor(self.step, self.clock.seconds)
        outcome = self.training_step(pieces, self.step, rate_factor)
        if self.average is not None and not outcome.skipped:
            self.average.update(self.network, self.step)
        return outcome

    def _size(self, pieces: list[Batch]) -> int:
        return sum(len(piece["alpha"]) for piece in pieces) * self.ranks.count

    def _asked_to_end(self, signal: int) -> int:
        """The signal that some process has got; all agree, so that they end at the same step."""
        if self.ranks.count == 1:
            return signal
        return int(self.ranks.largest(torch.tensor(float(signal), device=self.device)))

    def _check_health(self, outcome: Outcome) -> None:
        self.bad_steps = self.bad_steps + 1 if outcome.bad else 0
        if self.bad_steps >= self.recipe.bad_steps:
            raise TrainingError(
                f"step {self.step}: {outcome.skipped}, {self.bad_steps} times in a row",
                f"Lower learning_rate with --set, or set clip_norm; {self.folder} has the last "
                "good snapshot.",
            )

    def _keep(self, ends: bool) -> Rows:
        """Validate and save where the plan asks for it, or in haste where the call ``ends``."""
        last = self.is_over
        validates = not ends and (last or self.step % self.plan.validate_every == 0)
        saves = ends or last or self.step % self.plan.snapshot_every == 0
        if not validates and not saves:
            return {}
        with self._averaged():
            rows = self.keeper.validate(self.network, self.step) if validates else {}
            best = self.keeper.is_best(rows)
            saves = (saves or best) and self.ranks.leads
            if saves:
                self.keeper.show(self.network, self.step, sheet=validates)
                weights = {k: v.clone() for k, v in self.network.state_dict().items()}
        if saves:
            self.keeper.save(self._state(), weights, best, ends or last)
        return rows

    def _state(self) -> dict[str, Any]:
        state = {
            "recipe": asdict(self.recipe),
            "step": self.step,
            "seconds": self.clock.seconds,
            "network": self.network.state_dict(),
            "optimizer": self.training_step.optimizer.state_dict(),
            "scaler": self.training_step.scaler.state_dict(),
        }
        if self.average is not None:
            state["average"] = self.average.state
        return state

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The network with the averaged weights, where the recipe averages."""
        if self.average is None:
            yield
            return
        trained = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.average.state)
        try:
            yield
        finally:
            self.network.load_state_dict(trained)

    def _told(self, since: Meanwhile, outcome: Outcome, rows: Rows, ends: bool) -> Progress:
        """The step for people; written down now and then."""
        due = self.step % LOG_EVERY == 0 or self.is_over or bool(rows) or ends
        terms, rate = since.means()
        progress = Progress(
            self.step,
            self.plan.steps,
            self.plan.share(self.step, self.clock.seconds),
            sum(terms.values()),
            terms,
            rate,
            due,
            rows,
            self.data.validator.columns,
            outcome.skipped,
        )
        if due:
            learning_rate = self.training_step.optimizer.param_groups[-1]["lr"]
            self.keeper.log(self.step, since.seconds(), terms, learning_rate, rate, since.skipped)
            since.reset()
        return progress
