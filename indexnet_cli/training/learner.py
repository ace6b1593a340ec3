"""All that training changes: a network, its optimiser, the weights that are kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.models.registry import ModelSpec
from indexnet_cli.training.averaging import Average, copy_of
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.step import Outcome, TrainingStep


class Learner:
    """Trains ``network``, which has its first weights already, a step at a time.

    ``learning_rate``: that of the last step, outside the encoder.
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        recipe: Recipe,
        device: torch.device,
        ranks: Ranks,
    ) -> None:
        self.network, self.recipe = network, recipe
        self.learning_rate = 0.0
        self._step = TrainingStep(network, spec, recipe, device, ranks)
        self._average = Average(network, recipe.ema_decay) if recipe.ema_decay else None
        self._start = copy_of(network) if recipe.start_share else None

    def train(self, pieces: Sequence[Batch], step: int, rate_factor: float) -> Outcome:
        """Take ``step`` on this process's ``pieces`` of its batch."""
        self.learning_rate = self.recipe.learning_rate * rate_factor
        outcome = self._step(pieces, step, rate_factor)
        if self._average is not None and not outcome.skipped:
            self._average.update(self.network, step)
        return outcome

    @property
    def state(self) -> dict[str, Any]:
        """What a snapshot keeps of it."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self._step.optimizer.state_dict(),
            "scaler": self._step.scaler.state_dict(),
        }
        if self._step.guides is not None:
            state["guides"] = self._step.guides.state_dict()
        if self._average is not None:
            state["average"] = self._average.state
        if self._start is not None:
            state["start"] = self._start
        return state

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot's ``state``; the network has its weights already."""
        self._step.optimizer.load_state_dict(state["optimizer"])
        if "scaler" in state:
            self._step.scaler.load_state_dict(state["scaler"])
        if self._step.guides is not None and "guides" in state:
            self._step.guides.load_state_dict(state["guides"])
        if self._average is not None:
            self._average.load(state["average"])
        if self._start is not None:
            self._start = state["start"]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The network with the weights that are kept: the average over the steps, and of that and
        the start, where the recipe says so."""
        if self._average is None and self._start is None:
            yield
            return
        trained = copy_of(self.network)
        self.network.load_state_dict(self._kept(trained))
        try:
            yield
        finally:
            self.network.load_state_dict(trained)

    def _kept(self, trained: dict[str, Tensor]) -> dict[str, Tensor]:
        kept = trained if self._average is None else self._average.state
        if self._start is None:
            return kept
        # Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022), equation 1.
        return {
            name: value.lerp(self._start[name].to(value), self.recipe.start_share)
            if value.is_floating_point()
            else value
            for name, value in kept.items()
        }
