"""What is kept of a run: logs, validation, snapshots, weights, pictures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from torch import Tensor, nn

from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.models.registry import ModelSpec
from indexnet_cli.training.claiming import claim
from indexnet_cli.training.logs import Logs
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.shards import save_compact
from indexnet_cli.training.showing import Film, example_sheet
from indexnet_cli.training.snapshots import export_weights, save_snapshot
from indexnet_cli.training.validation.result import Rows, Validator

EXAMPLES = 4
WEIGHTS, BEST_WEIGHTS = "weights.safetensors", "best.safetensors"
DTYPES = {"fp16": torch.float16, "fp32": torch.float32}
COMPACT_EVERY = 60.0  # seconds


@dataclass(frozen=True)
class KeepingOptions:
    """``keep``: how many snapshots stay; ``evolution``: an animated GIF to write; ``compact``: a
    folder for compact snapshots, one a minute at most and at the end."""

    keep: int = 1
    evolution: Path | None = None
    tensorboard: bool = False
    compact: Path | None = None


class Keeper:
    """Writes into the run's folder, in the first process only.

    ``snapshot.pt`` (and ``snapshot-<step>.pt``, ``best.pt``), ``weights.safetensors`` and
    ``best.safetensors`` in the published key layout with recipe and scores in their metadata,
    ``curve.csv``, ``validation.csv``, ``examples/``, ``tensorboard/``, ``evolution/``.
    """

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        spec: ModelSpec,
        device: torch.device,
        ranks: Ranks,
        options: KeepingOptions | None = None,
    ) -> None:
        self.folder, self.recipe, self.spec = folder, recipe, spec
        self.device, self.ranks = device, ranks
        self.options = options or KeepingOptions()
        self._compacted = time.monotonic()
        self.best: float | None = None
        self.scores: dict[str, float] = {}
        self.logs: Logs | None = None
        self.film: Film | None = None
        self._lock: FileLock | None = None

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take over the scores of the run that wrote the snapshot ``state``."""
        self.best = state.get("best")
        self.scores = dict(state.get("scores", {}))

    def open(self, step: int, validator: Validator) -> None:
        """Get ready to write what comes after ``step``.

        Raises UsageError where another process trains in the folder, OutputError where it cannot
        be written.
        """
        self.validator = validator
        if not self.ranks.leads:
            return
        self._lock = claim(self.folder)
        self.logs = Logs(self.folder, step, self.options.tensorboard)
        if self.options.evolution is not None:
            sample = validator.examples()[0]
            self.film = Film(self.options.evolution, self.folder / "evolution", sample, step)

    def close(self) -> None:
        """Write out what is buffered, and let another process have the folder."""
        if self.logs is not None:
            self.logs.close()
        if self._lock is not None:
            self._lock.release()

    def log(
        self,
        step: int,
        seconds: float,
        terms: Mapping[str, float],
        learning_rate: float,
        samples_per_second: float,
        skipped: int,
    ) -> None:
        """A row of the learning curve."""
        if self.logs is None:
            return
        loss = sum(terms.values())
        values = {
            "loss": loss,
            "learning_rate": learning_rate,
            "samples_per_second": samples_per_second,
            "skipped_steps": skipped,
            **terms,
        }
        texts = {
            "seconds": f"{seconds:.1f}",
            "loss": f"{loss:.5f}",
            "learning_rate": f"{learning_rate:.2e}",
            "samples_per_second": f"{samples_per_second:.2f}",
            "skipped_steps": str(skipped),
            **{name: f"{value:.5f}" for name, value in terms.items()},
        }
        self.logs.curve(step, values, texts)

    def validate(self, network: nn.Module, step: int) -> Rows:
        """Errors of ``network``, written down; all processes take part."""
        rows = self.validator.score(network, self.spec, self.device, self.ranks)
        if self.logs is not None:
            self.scores = dict(zip(self.validator.columns, rows["mean"], strict=True))
            self.logs.validation(step, self.validator.columns, rows)
        return rows

    def is_best(self, rows: Rows) -> bool:
        """Whether no validation before had a smaller error; by the first one if the recipe's
        ``best_by`` is not among them."""
        if not rows:
            return False
        error = self.scores.get(self.recipe.best_by, rows["mean"][0])
        if self.best is not None and not error <= self.best:
            return False
        self.best = error
        return True

    def show(self, network: nn.Module, step: int, sheet: bool) -> None:
        """Mattes of fixed pictures: a frame of the film, and the sheet of examples."""
        if self.logs is None or not (sheet or self.film):
            return
        matter = Matter.from_network(
            network,
            self.spec,
            device=str(self.device),
            precision=self.recipe.matting_precision,
            scales=self.spec.scales,
            fit_colours=self.recipe.fits_colours,
        )
        if sheet:
            samples = self.validator.examples()[:EXAMPLES]
            self.logs.examples(step, example_sheet(matter, samples))
        if self.film is not None:
            self.film.add(matter, step)

    def save(
        self, state: dict[str, Any], weights: Mapping[str, Tensor], best: bool, ends: bool
    ) -> None:
        """Write the snapshot ``state`` and the checkpoint that its run would give now."""
        state = {**state, "best": self.best, "scores": self.scores}
        save_snapshot(self.folder, state, self.options.keep, best)
        self._save_compact(state, ends)
        facts = {
            "model": self.spec.name,
            "recipe": asdict(self.recipe),
            "step": state["step"],
            "scores": self.scores,
        }
        dtype = DTYPES[self.recipe.export]
        export_weights(weights, self.folder / WEIGHTS, dtype, facts)
        if best:
            export_weights(weights, self.folder / BEST_WEIGHTS, dtype, facts)

    def _save_compact(self, state: dict[str, Any], ends: bool) -> None:
        folder, now = self.options.compact, time.monotonic()
        if folder is None or not (ends or now - self._compacted >= COMPACT_EVERY):
            return
        save_compact(folder, state)
        self._compacted = now
