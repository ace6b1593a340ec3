"""One step of training: a batch in pieces, gradients of all processes, one update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from indexnet_cli.engine import precision
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import UsageError
from indexnet_cli.models.aimnet import AimNet
from indexnet_cli.models.dim import DeepImageMatting
from indexnet_cli.models.indexnet.aspp import ASPP
from indexnet_cli.models.indexnet.network import IndexNet
from indexnet_cli.models.registry import ModelSpec
from indexnet_cli.training.batch_norm import (
    moves_statistics,
    prepare_batch_norm,
    training_mode,
)
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.losses import LOSSES, Batch, count, guide_terms
from indexnet_cli.training.optimisers import build_optimizer
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.windows import Windowed, with_windows

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Dropout draws by step and process: a run that goes on draws what an unbroken one would.
SEED_STRIDE, RANK_STRIDE = 1_000_003, 2**40


@dataclass(frozen=True)
class Outcome:
    """What a step came to: weighted terms of the loss over the whole batch.

    ``skipped`` says why the weights were left alone; empty where they were not. ``bad`` tells
    what should not happen (NaN) from what fp16 does now and then.
    """

    terms: dict[str, float]
    gradient_norm: float
    skipped: str = ""
    bad: bool = False

    @property
    def loss(self) -> float:
        """The sum of the terms."""
        return sum(self.terms.values())


def precision_on(recipe: Recipe, device: torch.device) -> str:
    """The recipe's precision; ``auto`` is bf16 where ``device`` multiplies it, else fp32."""
    if recipe.precision != "auto":
        return recipe.precision
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = device.type == "cpu" and precision.multiplies_bf16()
    return "bf16" if native else "fp32"


def autocast(recipe: Recipe, device: torch.device) -> torch.autocast:
    """A context in which networks compute in the recipe's precision."""
    name = precision_on(recipe, device)
    return torch.autocast(device.type, dtype=DTYPES[name], enabled=name != "fp32")


class Outputs(nn.Module):
    """A network as its losses see it: all that it predicts, by name."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Batch:
        """``alpha`` (and ``refined``), or AimNet's ``scores``, ``matting`` and ``fused``."""
        if isinstance(self.network, AimNet):
            return self.network(x)._asdict()
        if isinstance(self.network, DeepImageMatting):
            coarse, refined = self.network.predictions(x)
            return {"alpha": coarse} if refined is None else {"alpha": coarse, "refined": refined}
        return {"alpha": self.network(x)}


def outputs_of(network: nn.Module, recipe: Recipe) -> Outputs | Windowed:
    """``network`` as its losses see it: whole, or in windows. Raises UsageError for the latter
    where it is no IndexNet."""
    if not recipe.window:
        return Outputs(network)
    if not isinstance(network, IndexNet):
        raise UsageError(
            f"window = {recipe.window}: only IndexNet is trained in windows, not {recipe.model}",
            "Leave it out, or give --set window=0.",
        )
    return Windowed(network, recipe.window, at_bottom=recipe.bottom_weight > 0)


def set_dropout(network: nn.Module, share: float) -> None:
    """Let the dropout behind an ASPP drop ``share`` of its inputs; others stay."""
    for module in network.modules():
        if isinstance(module, ASPP):
            module.dropout.p = share


class TrainingStep:
    """Updates ``network`` by the recipe's losses and optimiser, together with other processes.

    The pieces of all processes together count as one batch: losses, gradients and so the weights
    are those of one process that computes it in one piece (batch statistics excepted, unless
    batch norm is frozen or synchronised).
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        recipe: Recipe,
        device: torch.device,
        ranks: Ranks | None = None,
    ) -> None:
        self.network, self.recipe, self.device = network, recipe, device
        self.ranks = ranks or Ranks()
        self.feed = Feed(spec, device)
        prepare_batch_norm(network, recipe)
        set_dropout(network, recipe.dropout)
        outputs = outputs_of(network, recipe).to(device)
        self.guides = outputs.guides if isinstance(outputs, Windowed) else None
        self.optimizer = build_optimizer(network, recipe, self.guides)
        self.parameters = [p for p in outputs.parameters() if p.requires_grad]
        self.scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "fp16")
        self.outputs: nn.Module = outputs
        if self.ranks.count > 1:
            # Statistics are frozen, synchronised, or the first process's, as in DataParallel.
            self.outputs = DistributedDataParallel(
                self.outputs, device_ids=[device.index] if device.type == "cuda" else None
            )

    def __call__(self, pieces: Sequence[Batch], step: int, rate_factor: float) -> Outcome:
        """Train on this process's ``pieces`` of the batch of ``step``."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate_factor
        torch.manual_seed(self.recipe.seed * SEED_STRIDE + step + self.ranks.rank * RANK_STRIDE)
        training_mode(self.network, self.recipe)
        statistics = self._statistics()
        self.optimizer.zero_grad(set_to_none=True)
        terms = self._gradients([self._on_device(piece) for piece in pieces])
        outcome = self._update(terms)
        if outcome.bad:
            for buffer, value in statistics:  # a NaN in the running statistics would stay
                buffer.copy_(value)
        return outcome

    def _on_device(self, batch: Batch) -> Batch:
        moved = {key: value.to(self.device, non_blocking=True) for key, value in batch.items()}
        return with_windows(moved, self.recipe.window) if self.recipe.window else moved

    def _statistics(self) -> list[tuple[Tensor, Tensor]]:
        if not moves_statistics(self.recipe):
            return []
        return [(buffer, buffer.clone()) for buffer in self.network.buffers()]

    def _gradients(self, pieces: list[Batch]) -> dict[str, float]:
        """Backpropagate every piece; the terms of the loss, summed over pieces and processes."""
        totals = count(pieces, self.ranks)
        compute = LOSSES[self.recipe.loss]
        sums: dict[str, Tensor] = {}
        for number, piece in enumerate(pieces, 1):
            with self._synchronising(number == len(pieces)):
                with autocast(self.recipe, self.device):
                    outputs = self._predict(piece)
                outputs = {name: value.float() for name, value in outputs.items()}
                terms = compute(outputs, piece, totals, self.recipe)
                if self.guides is not None:
                    terms |= guide_terms(outputs, piece, totals, self.recipe)
                loss = torch.stack(list(terms.values())).sum()
                # DistributedDataParallel averages over processes what is to be summed.
                self.scaler.scale(loss * self.ranks.count).backward()
            for name, term in terms.items():
                sums[name] = sums[name] + term.detach() if name in sums else term.detach()
        values = self.ranks.sum(torch.stack(list(sums.values()))).tolist()
        return dict(zip(sums, values, strict=True))

    def _predict(self, piece: Batch) -> Batch:
        try:
            if self.guides is not None:
                whole = {name: piece[f"whole_{name}"] for name in ("image", "trimap")}
                return self.outputs(self.feed(whole), piece["corners"])
            return self.outputs(self.feed(piece))
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise UsageError(
                "batch norm has no statistics of a single value, which a piece of one sample gives "
                "it where the network pools the whole picture",
                "Use --set batch_size=N with at least 2 samples for each process and accumulated "
                "piece, or --set batch_norm=frozen with --init.",
            ) from error

    def _synchronising(self, last: bool) -> nullcontext[None]:
        """Gradients meet once, at the last piece."""
        if isinstance(self.outputs, DistributedDataParallel) and not last:
            return self.outputs.no_sync()  # type: ignore[return-value]
        return nullcontext()

    def _update(self, terms: dict[str, float]) -> Outcome:
        self.scaler.unscale_(self.optimizer)
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        size = float(norm)
        if not all(map(math.isfinite, terms.values())):
            self._leave()
            return Outcome(terms, size, "the loss is not a number", bad=True)
        if not math.isfinite(size):
            self._leave()
            overflow = self.scaler.is_enabled() and self.scaler.get_scale() >= 1
            return Outcome(terms, size, "the gradient is not finite", bad=not overflow)
        if self.recipe.clip_norm:
            nn.utils.clip_grads_with_norm_(self.parameters, self.recipe.clip_norm, norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return Outcome(terms, size)

    def _leave(self) -> None:
        """Take no step; fp16's scale goes down where gradients overflowed."""
        if self.scaler.is_enabled():
            self.scaler.step(self.optimizer)
            self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
