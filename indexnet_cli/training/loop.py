"""The training loop: batches in, snapshots, a learning curve and weights out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import TrainingError
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.averaging import copy_of
from indexnet_cli.training.course import Course
from indexnet_cli.training.data import Data
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.keeping import Keeper, KeepingOptions
from indexnet_cli.training.learner import Learner
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.meanwhile import Meanwhile
from indexnet_cli.training.progress import Progress
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.resuming import newest_state
from indexnet_cli.training.shards import check_size
from indexnet_cli.training.signals import end, interruptible
from indexnet_cli.training.starting import Start, begin
from indexnet_cli.training.step import Outcome
from indexnet_cli.training.validation.result import Rows

LOG_EVERY = 25


class Trainer:
    """One training run in ``folder``; goes on from the snapshot there, if any.

    ``course`` says where the run is and gives its batches, ``learner`` learns from them,
    ``keeper`` keeps what comes of it. ``ranks``: the processes it shares every step with.
    ``pause_at``: see Clock.
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
        self.recipe, self.data, self.folder, self.device = recipe, data, folder, device
        self.ranks, options = ranks or Ranks(), options or KeepingOptions()
        self.spec = resolve_model(recipe.model)
        self.course = Course(recipe, data, device, workers, self.ranks, pause_at)
        self.bad_steps = 0
        torch.manual_seed(recipe.seed)
        network = build_network(self.spec).to(device)
        if options.compact is not None:
            count = sum(parameter.numel() for parameter in network.parameters())
            check_size(count, with_start=recipe.start_share > 0)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        state = newest_state(folder, options.compact, recipe)
        if state is not None:
            network.load_state_dict(state["network"])
        else:
            feed = Feed(self.spec, device)
            begin(network, self.spec, recipe, start, lambda: self.course.first_inputs(feed))
        self.learner = Learner(network, self.spec, recipe, device, self.ranks)
        self.keeper = Keeper(folder, recipe, self.spec, device, self.ranks, options)
        if state is not None:
            self._resume(state)

    def _resume(self, state: dict[str, Any]) -> None:
        self.learner.resume(state)
        self.keeper.resume(state)
        self.course.step = state["step"]
        self.course.clock.start(state.get("seconds", 0.0))

    @property
    def network(self) -> nn.Module:
        """The network in training."""
        return self.learner.network

    @property
    def step(self) -> int:
        """Steps taken, over all calls."""
        return self.course.step

    @property
    def is_over(self) -> bool:
        """Whether the plan's end is reached."""
        return self.course.is_over

    def run(self, report: Callable[[Progress], None]) -> None:
        """Train up to the plan's end, or until the clock says pause.

        SIGINT and SIGTERM end the run after the step at hand and a snapshot. Raises TrainingError
        after ``bad_steps`` steps in a row without a finite loss.
        """
        self.keeper.open(self.step, self.data.validator)
        since, clock = Meanwhile(), self.course.clock
        clock.start(clock.seconds)
        with interruptible() as interruption:
            for pieces in self.course.steps():
                outcome = self._train_step(pieces)
                clock.tick()
                since.add(outcome, self.course.size(pieces))
                asked = self._asked_to_end(interruption.signal)
                ends = bool(asked) or (clock.pauses and not self.is_over)
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
        return [
            self._train_step(pieces)
            for _, pieces in zip(range(steps), self.course.steps(), strict=False)
        ]

    def _train_step(self, pieces: list[Batch]) -> Outcome:
        outcome = self.learner.train(pieces, self.step, self.course.rate_factor)
        self.course.step += 1
        return outcome

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
        course, plan = self.course, self.course.plan
        validates = not ends and course.is_due(plan.validate_every)
        saves = ends or course.is_due(plan.snapshot_every)
        if not validates and not saves:
            return {}
        with self.learner.averaged():
            rows = self.keeper.validate(self.network, self.step) if validates else {}
            best = self.keeper.is_best(rows)
            saves = (saves or best) and self.ranks.leads
            if saves:
                self.keeper.show(self.network, self.step, sheet=validates)
                weights = copy_of(self.network)
        if saves:
            self.keeper.save(self._state(), weights, best, ends or self.is_over)
        return rows

    def _state(self) -> dict[str, Any]:
        run = {"recipe": asdict(self.recipe), "step": self.step}
        return {**run, "seconds": self.course.clock.seconds, **self.learner.state}

    def _told(self, since: Meanwhile, outcome: Outcome, rows: Rows, ends: bool) -> Progress:
        """The step for people; written down now and then."""
        terms, rate = since.means()
        progress = Progress(
            self.step,
            self.course.plan.steps,
            self.course.share,
            sum(terms.values()),
            terms,
            rate,
            due=self.course.is_due(LOG_EVERY) or bool(rows) or ends,
            validation=rows,
            columns=self.data.validator.columns,
            skipped=outcome.skipped,
        )
        if progress.due:
            lr = self.learner.learning_rate
            self.keeper.log(self.step, since.seconds(), terms, lr, rate, since.skipped)
            since.reset()
        return progress
