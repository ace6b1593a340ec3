"""A run's state in a fifth of its size, for machines that hand back only little.

Averaged weights in fp16; in 8 bits with a scale each the weights, and those that the run began with
where they are kept, as what they differ from the average by (e4m3), and the optimiser's second
moments, as roots (e5m2, which reaches further down). Small tensors, as biases and the statistics of
batch norm, stay as they are. First moments are left out: some ten steps make them anew, where
second moments take a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Arrays = dict[str, NDArray[Any]]
State = dict[str, Any]

_PARTS = ("network", "average", "start", "guides")
_EXACT_UP_TO = 4096  # values
_FIRST_MOMENTS = ("exp_avg", "momentum_buffer")
_TYPES = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}


def encode(state: State) -> tuple[Arrays, dict[str, Any]]:
    """The arrays of a snapshot's ``state`` by name, and all else as what JSON can hold."""
    arrays: Arrays = {}
    scales: dict[str, float] = {}
    average: Mapping[str, Tensor] = state.get("average", {})
    for key, value in average.items():
        arrays[f"average/{key}"] = _half(value)
    for part in ("network", "start"):
        for key, value in state.get(part, {}).items():
            name = f"{part}/{key}"
            if key in average and _is_large(value):
                base = torch.from_numpy(arrays[f"average/{key}"]).float()
                arrays[name], scales[name] = _eight_bits(value.detach().cpu() - base, "e4m3")
            else:
                arrays[name] = _half(value)
    for key, value in state.get("guides", {}).items():
        arrays[f"guides/{key}"] = _exact(value)
    optimizer = state["optimizer"]
    for number, moments in optimizer["state"].items():
        for kind, value in moments.items():
            name = f"optimizer/{number}/{kind}"
            if kind in _FIRST_MOMENTS:
                continue
            if isinstance(value, Tensor) and _is_large(value):
                arrays[name], scales[name] = _eight_bits(value.detach().cpu().sqrt(), "e5m2")
            else:
                arrays[name] = _exact(torch.as_tensor(value))
    rest = {k: v for k, v in state.items() if k not in (*_PARTS, "optimizer")}
    facts = {"state": rest, "groups": optimizer["param_groups"], "scales": scales}
    return arrays, facts


def decode(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> State:
    """The state that ``encode`` took, as near as it kept it. Raises KeyError for a gap."""
    state: State = dict(facts["state"])
    # JSON knows no tuples, and a recipe no lists.
    state["recipe"] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in state["recipe"].items()
    }
    scales = facts["scales"]
    parts: dict[str, dict[str, Tensor]] = {name: {} for name in _PARTS}
    moments: dict[int, dict[str, Tensor]] = {}
    for name, array in sorted(arrays.items()):  # averages first: weights are told from them
        where, key = name.split("/", 1)
        value = torch.from_numpy(array.copy())
        if where == "optimizer":
            number, kind = key.split("/")
            if name in scales:
                value = _of_eight_bits(value, "e5m2", scales[name]).square()
            own = moments.setdefault(int(number), {})
            own[kind] = value
            if kind == "exp_avg_sq":
                own["exp_avg"] = torch.zeros_like(value)
            continue
        if name in scales:
            value = parts["average"][key] + _of_eight_bits(value, "e4m3", scales[name])
        elif value.dtype == torch.float16:
            value = value.float()
        parts[where][key] = value
    state |= {name: part for name, part in parts.items() if part}
    state["optimizer"] = {"state": moments, "param_groups": facts["groups"]}
    return state


def _is_large(value: Tensor) -> bool:
    return value.is_floating_point() and value.ndim > 1 and value.numel() > _EXACT_UP_TO


def _exact(value: Tensor) -> NDArray[Any]:
    return np.asarray(value.detach().cpu().contiguous().numpy())


def _half(value: Tensor) -> NDArray[Any]:
    """In fp16 if it is large, and fits."""
    if not _is_large(value):
        return _exact(value)
    half = value.detach().half()
    return _exact(half if torch.isfinite(half).all() else value)


def _eight_bits(value: Tensor, kind: str) -> tuple[NDArray[Any], float]:
    """In 8 bits, and what they are to be multiplied by."""
    most = float(value.abs().max())
    scale = most / torch.finfo(_TYPES[kind]).max or 1.0
    return _exact((value / scale).to(_TYPES[kind]).view(torch.uint8)), scale


def _of_eight_bits(codes: Tensor, kind: str, scale: float) -> Tensor:
    return codes.view(_TYPES[kind]).float() * scale
