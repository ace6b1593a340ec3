"""Which registered model a state dict belongs to, told by its keys and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from indexnet_cli.checkpoints.manifest import load_manifest
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import (
    DEFAULT_TAGS,
    MODELS,
    ModelSpec,
    build_network,
    plugin_models,
    resolve_model,
)

COUNTER = "num_batches_tracked"
NAMED_KEYS = 3
ALIKE = 0.5  # share of the keys that makes a network worth mentioning
Shapes = Mapping[str, tuple[int, ...]]


def shapes_of(state: Mapping[str, Tensor]) -> Shapes:
    """The shape of every tensor but the batch counters, which a file may lack."""
    return {key: tuple(value.shape) for key, value in state.items() if not key.endswith(COUNTER)}


def differences(wanted: Shapes, given: Shapes) -> list[str]:
    """What keeps ``given`` from being ``wanted``: keys missing, unknown, or of another shape."""
    missing = [key for key in wanted if key not in given]
    unknown = [key for key in given if key not in wanted]
    misshapen = [
        f"{key} {given[key]} instead of {wanted[key]}"
        for key in given
        if key in wanted and given[key] != wanted[key]
    ]
    named = (("missing", missing), ("unknown", unknown), ("shape", misshapen))
    return [f"{what}: {_listed(keys)}" for what, keys in named if keys]


def fitting_models(given: Shapes) -> list[ModelSpec]:
    """The models whose networks have exactly these keys and shapes, in the registry's order.

    Plug-ins are asked, which takes importing them, if no model of this package fits.
    """
    own = [spec for spec in MODELS.values() if model_shapes(spec.name) == given]
    return own or [spec for spec in plugin_models() if model_shapes(spec.name) == given]


def closest_model(given: Shapes) -> ModelSpec | None:
    """The model that shares most keys and shapes; ``None`` if none shares half of them."""
    spec = max(MODELS.values(), key=lambda spec: _likeness(model_shapes(spec.name), given))
    return spec if _likeness(model_shapes(spec.name), given) >= ALIKE else None


@cache
def model_shapes(name: str) -> Shapes:
    """The keys and shapes of the network of the model called ``name``; no weights are made."""
    with torch.device("meta"):
        return shapes_of(build_network(resolve_model(name)).state_dict())


def recognise(state: Mapping[str, Tensor], path: Path) -> ModelSpec:
    """The model that the tensors of ``path`` belong to.

    Where several networks have the same keys, as Deep Image Matting with and without skip
    connections, what `indexnet train` wrote into the file or a published file's name decides.
    Raises ``UsageError`` if it does not, ``CheckpointError`` for keys that are no model's.
    """
    given = shapes_of(state)
    fitting = fitting_models(given)
    if not fitting:
        raise _fits_none(given, path)
    told = {entry.model for entry in load_manifest().values() if entry.file == path.name}
    named = [spec for spec in fitting if spec.name in told | {trained_model(path)}]
    if named:
        return named[0]
    if any(not _same_network(spec, fitting[0]) for spec in fitting):
        names = ", ".join(spec.name for spec in fitting)
        raise UsageError(
            f"{path} may belong to {names}: different networks with the same keys",
            "say which with --model",
        )
    defaults = [
        spec
        for spec in fitting
        if spec.name == f"{spec.architecture}.{DEFAULT_TAGS.get(spec.architecture)}"
    ]
    return (defaults or fitting)[0]


def trained_model(path: Path) -> str | None:
    """The model's name in the metadata of a safetensors file."""
    if path.suffix != ".safetensors":
        return None
    with safe_open(path, "pt") as file:
        return (file.metadata() or {}).get("model")


def hint_for(given: Shapes) -> str:
    """What to do with a checkpoint that does not fit the network it was meant for."""
    fitting = ", ".join(spec.name for spec in fitting_models(given))
    if fitting:
        return f"its keys are those of {fitting}: choose with --model"
    closest = closest_model(given)
    if closest:
        return f"the closest known model is {closest.name}; it may be another configuration"
    return "it resembles none of the known models; see `indexnet weights list`"


def _fits_none(given: Shapes, path: Path) -> CheckpointError:
    closest = closest_model(given)
    if closest is None:
        held = _listed(list(given))
        return CheckpointError(
            f"{path} belongs to no known model; it holds {held}", hint_for(given)
        )
    problems = "; ".join(differences(model_shapes(closest.name), given))
    return CheckpointError(
        f"{path} belongs to no known model; the closest is {closest.name}, but {problems}",
        "fetch it again if it should be that one; a configuration of your own needs --model",
    )


def _likeness(wanted: Shapes, given: Shapes) -> float:
    shared = sum(given.get(key) == shape for key, shape in wanted.items())
    return shared / max(len(wanted.keys() | given.keys()), 1)


def _same_network(one: ModelSpec, other: ModelSpec) -> bool:
    return (one.builder, one.options) == (other.builder, other.options)


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED_KEYS} more" if len(keys) > NAMED_KEYS else ""
    return ", ".join(keys[:NAMED_KEYS]) + more
