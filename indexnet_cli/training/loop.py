"""The training loop: batches in, snapshots, a learning curve and averaged weights out."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.models.folding import set_folded
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.batches import batches
from indexnet_cli.training.initialisation import (
    calibrate,
    initialise,
    is_encoder,
    load_folded_encoder,
    read_folded_encoder,
)
from indexnet_cli.training.losses import network_input, open_loss
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.snapshots import (
    SNAPSHOT,
    export_weights,
    load_snapshot,
    save_snapshot,
)
from indexnet_cli.training.validation import validate, validation_batches

LOG_EVERY = 25


@dataclass(frozen=True)
class Start:
    """Where a fresh run begins: an ImageNet ``encoder`` file, or the state dict ``init``."""

    encoder: Path | None = None
    init: dict[str, Tensor] | None = None


@dataclass(frozen=True)
class Progress:
    """What the loop reports every few steps: mean loss since the last report."""

    step: int
    steps: int
    loss: float
    samples_per_second: float
    validation: dict[str, tuple[float, float]] | None = None


class Trainer:
    """One training run in ``folder``; goes on from the snapshot there, if any.

    Writes ``snapshot.pt``, ``curve.csv`` (step, seconds, loss, learning rate), ``validation.csv``
    (step, kind, MAD, MSE over the unknown region, by the averaged weights) and
    ``weights.safetensors`` (the averaged weights in fp16, published key layout).
    """

    def __init__(
        self,
        recipe: Recipe,
        pack: Pack,
        folder: Path,
        device: torch.device,
        start: Start,
        workers: int,
    ) -> None:
        self.recipe, self.folder, self.device, self.workers = recipe, folder, device, workers
        spec = resolve_model(recipe.model)
        self.mean = torch.tensor(spec.mean, device=device)[:, None, None]
        self.std = torch.tensor(spec.std, device=device)[:, None, None]
        self.pack = pack
        self.step = 0
        torch.manual_seed(recipe.seed)
        self.network = build_network(spec).to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / SNAPSHOT).exists():
            self._resume(load_snapshot(folder, recipe))
        else:
            self._begin(start, spec.mean, spec.std)
        set_folded(self.network)
        self.pictures = validation_batches(pack, recipe)

    def _begin(self, start: Start, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        if start.init is not None:
            self.network.load_state_dict(start.init, strict=False)  # batch counters are left out
        else:
            initialise(self.network)
            if start.encoder is not None:
                load_folded_encoder(self.network, read_folded_encoder(start.encoder), mean, std)
            samples = OpenCompositions(self.pack, self.recipe.seed, self.recipe.crop)
            count, size = self.recipe.calibration_batches, self.recipe.batch_size
            pictures = batches(samples, 0, count, size, workers=0)
            inputs = (self._input(batch) for batch in pictures)
            calibrate(self.network, inputs, fresh_encoder=start.encoder is None)
        self.optimizer = self._optimizer()
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}

    def _resume(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer = self._optimizer()
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = {k: v.to(self.device) for k, v in state["average"].items()}
        self.step = state["step"]

    def _optimizer(self) -> torch.optim.Optimizer:
        """AdamW in four groups: encoder or new, with weight decay or (batch norm) without."""
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            groups.setdefault((is_encoder(name), parameter.ndim > 1), []).append(parameter)
        recipe = self.recipe
        return torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "lr": recipe.encoder_learning_rate if encoder else recipe.learning_rate,
                    "base_lr": recipe.encoder_learning_rate if encoder else recipe.learning_rate,
                    "weight_decay": recipe.weight_decay if decays else 0.0,
                }
                for (encoder, decays), parameters in groups.items()
            ],
            fused=True,
        )

    def _input(self, batch: dict[str, Tensor]) -> Tensor:
        image, trimap = batch["image"].to(self.device), batch["trimap"].to(self.device)
        x = network_input(image, trimap, self.mean, self.std)
        return x.contiguous(memory_format=torch.channels_last)

    def run(self, report: Callable[[Progress], None]) -> None:
        """Train up to ``recipe.steps``; an interruption loses what came after the last snapshot."""
        recipe = self.recipe
        losses: list[Tensor] = []
        samples = 0
        started = time.monotonic()
        for batch in self._batches():
            samples += len(batch["alpha"])
            losses.append(self._train_step({k: v.to(self.device) for k, v in batch.items()}))
            self.step += 1
            last = self.step == recipe.steps
            scores = None
            if self.step % recipe.validate_every == 0 or last:
                scores = self.validate()
            if self.step % recipe.snapshot_every == 0 or last:
                self.save()
            if self.step % LOG_EVERY == 0 or last:
                loss, seconds = float(torch.stack(losses).mean()), time.monotonic() - started
                self._log(seconds, loss)
                report(Progress(self.step, recipe.steps, loss, samples / seconds, scores))
                losses, samples, started = [], 0, time.monotonic()

    def _batches(self) -> Iterator[dict[str, Tensor]]:
        """What is left of each phase, in order."""
        for phase in self.recipe.phases():
            first = max(phase.first, self.step)
            if first < phase.last:
                samples = OpenCompositions(self.pack, phase.seed, phase.crop)
                yield from batches(samples, first, phase.last, phase.batch_size, self.workers)

    def _train_step(self, batch: dict[str, Tensor]) -> Tensor:
        factor = self.recipe.learning_rate_factor(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * factor
        # Dropout is the only draw of the step: seeding it by step makes a resumed run exact.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)
        self._training_mode()
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            alpha = self.network(self._input(batch))
        loss = open_loss(alpha.float(), batch, self.recipe)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimizer.step()
        self._update_average()
        return loss.detach()

    def _training_mode(self) -> None:
        """Dropout on, batch norm frozen."""
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.recipe.ema_decay, (1 + self.step) / (10 + self.step))
        for name, parameter in self.network.named_parameters():
            self.average[name].lerp_(parameter, 1 - decay)

    def validate(self) -> dict[str, tuple[float, float]]:
        """Scores of the averaged weights, appended to ``validation.csv``."""
        trained = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        scores = validate(self.network, self.pictures, self.mean, self.std)
        self.network.load_state_dict(trained)
        rows = [
            [self.step, kind, f"{mad:.5f}", f"{mse:.5f}"] for kind, (mad, mse) in scores.items()
        ]
        self._append("validation.csv", ["step", "kind", "mad", "mse"], rows)
        return scores

    def save(self) -> None:
        """Write the snapshot and the averaged weights."""
        save_snapshot(
            self.folder, self.recipe, self.step, self.network, self.average, self.optimizer
        )
        export_weights(self.average, self.folder / "weights.safetensors")

    def _log(self, seconds: float, loss: float) -> None:
        rate = self.optimizer.param_groups[-1]["lr"]
        row = [self.step, f"{seconds:.1f}", f"{loss:.5f}", f"{rate:.2e}"]
        self._append("curve.csv", ["step", "seconds", "loss", "learning_rate"], [row])

    def _append(self, name: str, header: list[str], rows: list[list[object]]) -> None:
        path = self.folder / name
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([header, *rows] if fresh else rows)
