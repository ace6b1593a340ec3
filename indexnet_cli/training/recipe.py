"""Recipes: a small TOML file each, read into one frozen dataclass."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from indexnet_cli.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


LATE_SEED = 500_000_000  # the late phase draws samples that the early one has not seen


@dataclasses.dataclass(frozen=True)
class Phase:
    """Steps ``first`` to ``last`` (exclusive) on samples of one size, drawn with one seed."""

    first: int
    last: int
    crop: int
    batch_size: int
    seed: int


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run computes; see ``recipes/*.toml``."""

    model: str
    crop: int
    batch_size: int
    seed: int
    steps: int
    warmup_steps: int
    decay_share: float
    late_share: float
    late_crop: int
    late_batch_size: int
    learning_rate: float
    encoder_learning_rate: float
    weight_decay: float
    clip_norm: float
    ema_decay: float
    alpha_weight: float
    composition_weight: float
    laplacian_weight: float
    calibration_batches: int
    validation_crop: int
    validation_per_kind: int
    validate_every: int
    snapshot_every: int

    def phases(self) -> list[Phase]:
        """Small crops first, which teach as much in less time, then larger ones."""
        late = self.steps - round(self.late_share * self.steps)
        phases = [
            Phase(0, late, self.crop, self.batch_size, self.seed),
            Phase(late, self.steps, self.late_crop, self.late_batch_size, self.seed + LATE_SEED),
        ]
        return [phase for phase in phases if phase.first < phase.last]

    def learning_rate_factor(self, step: int) -> float:
        """Warm-up, plateau and decay as a factor in [0, 1] of the learning rates."""
        decay_steps = max(1, round(self.decay_share * self.steps))
        warm = (step + 1) / max(1, self.warmup_steps)
        cool = (self.steps - step) / decay_steps
        return max(0.0, min(1.0, warm, cool))


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package."""
    folder = files("indexnet_cli.training") / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def _convert(name: str, value: Any) -> Any:
    kind = {f.name: f.type for f in dataclasses.fields(Recipe)}[name]
    python_type = {"int": int, "float": float, "str": str}[str(kind)]
    try:
        return python_type(value)
    except ValueError as error:
        raise UsageError(
            f"recipe option {name}: {value!r} is not of type {python_type.__name__}"
        ) from error


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe called ``name`` with ``key=value`` overrides applied.

    Raises UsageError for an unknown recipe, an unknown key or a value of the wrong type.
    """
    if name not in recipe_names():
        raise UsageError(f"no recipe {name!r}", f"Recipes: {', '.join(recipe_names())}.")
    text = (files("indexnet_cli.training") / "recipes" / f"{name}.toml").read_text("utf-8")
    values: dict[str, Any] = tomllib.loads(text)
    known = [f.name for f in dataclasses.fields(Recipe)]
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or key not in known:
            raise UsageError(f"--set {override}: no such option", f"Options: {', '.join(known)}.")
        values[key] = value
    recipe = Recipe(**{key: _convert(key, value) for key, value in values.items()})
    _check(recipe)
    return recipe


def _check(recipe: Recipe) -> None:
    for key in ("crop", "late_crop", "validation_crop"):
        if getattr(recipe, key) % 32 or getattr(recipe, key) <= 0:
            raise UsageError(f"{key} = {getattr(recipe, key)}: must be a positive multiple of 32")
    for key in ("batch_size", "late_batch_size", "steps", "validate_every", "snapshot_every"):
        if getattr(recipe, key) < 1:
            raise UsageError(f"{key} = {getattr(recipe, key)}: must be at least 1")
    for key in ("late_share", "decay_share"):
        if not 0 <= getattr(recipe, key) <= 1:
            raise UsageError(f"{key} = {getattr(recipe, key)}: must lie between 0 and 1")
