"""Recipes: a small TOML file each, read into one frozen dataclass."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from indexnet_cli.errors import InputError, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run computes; docs/training.md lists the fields.

    Lengths are in steps; ``minutes``, where given, replace steps and epochs. 0 for
    ``validate_every`` and ``snapshot_every`` means each epoch. ``milestones`` count epochs in a
    recipe that has ``epochs``. ``batch_size`` is that of a step, over all processes and
    accumulated pieces. Lists of names are beginnings of parameters' names.
    """

    model: str
    crop: int
    batch_size: int
    learning_rate: float

    sampling: str = "open"
    compose_on: str = "workers"
    seed: int = 0

    steps: int = 0
    epochs: int = 0
    minutes: float = 0.0
    schedule: str = "warmup"
    warmup_steps: int = 0
    decay_share: float = 0.0
    milestones: tuple[int, ...] = ()
    milestone_factor: float = 0.1
    final_learning_rate: float = 0.0
    late_share: float = 0.0
    late_crop: int = 0
    late_batch_size: int = 0
    enlarged: float = 0.35
    kind_shares: tuple[str, ...] = ()
    window: int = 0

    optimizer: str = "adamw"
    encoder: tuple[str, ...] = ()
    encoder_learning_rate: float = 0.0
    weight_decay: float = 0.0
    momentum: float = 0.9
    amsgrad: bool = False
    clip_norm: float = 0.0
    accumulate: int = 1
    ema_decay: float = 0.0
    start_share: float = 0.0
    precision: str = "fp32"
    bad_steps: int = 5

    loss: str = "open"
    alpha_weight: float = 1.0
    composition_weight: float = 0.0
    laplacian_weight: float = 0.0
    refined_alpha_weight: float = 0.0
    cross_entropy_weight: float = 0.0
    whole_alpha_weight: float = 0.0
    whole_laplacian_weight: float = 0.0
    fitted_weight: float = 0.0
    half_weight: float = 0.0
    eighth_weight: float = 0.0
    bottom_weight: float = 0.0

    batch_norm: str = "training"
    frozen_norms: tuple[str, ...] = ()
    live_norms: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    initialisation: str = "open"
    calibration_batches: int = 0
    redraw_far: bool = False
    revive: bool = False
    narrow: bool = False
    dropout: float = 0.5
    encoder_weights: str = ""
    start_from: str = ""

    validation_crop: int = 256
    validation_per_kind: int = 4
    validation_images: int = 50
    validate_every: int = 0
    best_by: str = "sad"
    snapshot_every: int = 0
    export: str = "fp32"

    @property
    def fits_colours(self) -> bool:
        """Whether the losses see alpha fitted to the picture's colours, so that it is to be."""
        return self.fitted_weight > 0

    @property
    def matting_precision(self) -> str:
        """The precision of ``Matter`` for pictures matted while training."""
        return "fp32" if self.precision == "fp32" else "auto"


CHOICES = {
    "sampling": (
        "open",
        "indexnet",
        "indexnet-mmagic",
        "indexnet-mmagic-dimaug",
        "deep-matting",
        "dim",
        "aimnet-transfer",
        "aimnet-matting",
        "dim-chainer",
    ),
    "compose_on": ("workers", "device"),
    "schedule": ("warmup", "milestones", "linear", "constant"),
    "optimizer": ("adamw", "adam", "sgd", "muon"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "loss": ("open", "indexnet", "openmmlab", "dim-stage0", "dim", "aimnet", "dim-chainer"),
    "batch_norm": ("frozen", "training", "synchronised"),
    "initialisation": ("open", "indexnet", "kaiming-uniform", "xavier", "lecun", "torch"),
    "best_by": ("sad", "mse", "mad", "grad", "conn"),
    "export": ("fp32", "fp16"),
}
_POSITIVE = ("batch_size", "accumulate", "bad_steps")
_NOT_NEGATIVE = (
    "steps",
    "epochs",
    "minutes",
    "late_batch_size",
    "validate_every",
    "snapshot_every",
)


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package."""
    folder = files("indexnet_cli.training") / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe called ``name``, or in the file ``name``, with ``key=value`` overrides applied.

    Raises UsageError for an unknown recipe, an unknown key or a value that cannot be meant, and
    InputError for a file that cannot be read.
    """
    known = {field.name: str(field.type) for field in dataclasses.fields(Recipe)}
    values = _read(name)
    unknown = [key for key in values if key not in known]
    if unknown:
        raise UsageError(
            f"{name}: there is no option {unknown[0]}", f"Options: {', '.join(known)}."
        )
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals or key not in known:
            raise UsageError(f"--set {override}: no such option", f"Options: {', '.join(known)}.")
        values[key] = value
    missing = [f.name for f in dataclasses.fields(Recipe)[:4] if f.name not in values]
    if missing:
        raise UsageError(f"{name}: {', '.join(missing)} must be given")
    recipe = Recipe(**{key: _convert(key, value, known[key]) for key, value in values.items()})
    _check(recipe)
    return recipe


def _read(name: str) -> dict[str, Any]:
    if name.endswith(".toml"):
        try:
            text = Path(name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: not a recipe that can be read ({error})") from error
    elif name in recipe_names():
        text = (files("indexnet_cli.training") / "recipes" / f"{name}.toml").read_text("utf-8")
    else:
        hint = f"Recipes: {', '.join(recipe_names())}; or name a .toml file."
        raise UsageError(f"no recipe {name!r}", hint)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not valid TOML ({error})") from error


def _convert(key: str, value: Any, kind: str) -> Any:
    try:
        if kind.startswith("tuple"):
            items = value.split(",") if isinstance(value, str) else value
            item_type = int if "int" in kind else str
            return tuple(item_type(item) for item in items if item != "")
        if kind == "bool":
            return value if isinstance(value, bool) else {"true": True, "false": False}[value]
        if kind == "int" and isinstance(value, float):
            raise ValueError
        return {"int": int, "float": float, "str": str}[kind](value)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        wanted = {"tuple[int, ...]": "numbers, as 20,26", "tuple[str, ...]": "names, as a,b"}
        raise UsageError(
            f"recipe option {key}: {value!r} is not {wanted.get(kind, f'of type {kind}')}"
        ) from error


def _check_window(recipe: Recipe, refuse: Callable[[str, str], None]) -> None:
    # 20: the rims that training/windows.py computes beside a window
    largest = (min(recipe.crop, recipe.late_crop) if recipe.late_share else recipe.crop) - 20
    if recipe.window % 2 or not 0 <= recipe.window <= largest:
        refuse("window", f"must be even, and at most {largest}: the crop less 20 pixels")
    if recipe.window and recipe.loss != "open":
        refuse("window", f'needs loss = "open", not {recipe.loss!r}')
    for key in ("half_weight", "eighth_weight", "bottom_weight"):
        if getattr(recipe, key) and not recipe.window:
            refuse(key, "needs a window")


def _check(recipe: Recipe) -> None:
    def refuse(key: str, reason: str) -> None:
        raise UsageError(f"{key} = {getattr(recipe, key)}: {reason}")

    for key, choices in CHOICES.items():
        if getattr(recipe, key) not in choices:
            refuse(key, f"must be one of {', '.join(choices)}")
    for key in ("crop", "validation_crop", *(("late_crop",) if recipe.late_share else ())):
        if getattr(recipe, key) % 32 or getattr(recipe, key) <= 0:
            refuse(key, "must be a positive multiple of 32")
    _check_window(recipe, refuse)
    for key in ("redraw_far", "revive", "narrow"):
        if getattr(recipe, key) and not recipe.calibration_batches:
            refuse(key, "needs calibration_batches, the pictures by which channels are judged")
    for key in (*_POSITIVE, *(("late_batch_size",) if recipe.late_share else ())):
        if getattr(recipe, key) < 1:
            refuse(key, "must be at least 1")
    for key in _NOT_NEGATIVE:
        if getattr(recipe, key) < 0:
            refuse(key, "must not be negative")
    for key in ("late_share", "decay_share", "dropout", "enlarged", "start_share"):
        if not 0 <= getattr(recipe, key) <= 1:
            refuse(key, "must lie between 0 and 1")
    if not (recipe.steps or recipe.epochs or recipe.minutes):
        refuse("steps", "a recipe needs steps, epochs or minutes")
    if recipe.minutes and not math.isfinite(recipe.minutes):
        refuse("minutes", "must be finite")
    if recipe.minutes and recipe.schedule == "milestones":
        refuse("minutes", "milestones are steps or epochs; --set schedule=warmup, or constant")
    if recipe.batch_size % recipe.accumulate:
        refuse("accumulate", f"must divide batch_size = {recipe.batch_size}")
