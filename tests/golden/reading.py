"""Reads the golden files of this folder."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.golden.seeded_weights import Key, seeded_array, seeded_input

FOLDER = Path(__file__).parent


class Configuration(NamedTuple):
    """One published configuration: ``options`` are the arguments of ``IndexNetConfig``."""

    parameters: int
    options: dict[str, Any]
    keys: list[Key]


def read_json(name: str) -> Any:
    with gzip.open(FOLDER / name, "rt", encoding="utf-8") as file:
        return json.load(file)


def read_arrays(name: str) -> dict[str, NDArray[Any]]:
    with np.load(FOLDER / name, allow_pickle=False) as arrays:
        return dict(arrays)


def read_configurations() -> dict[str, Configuration]:
    return {
        name: Configuration(entry["parameters"], entry["config"], entry["keys"])
        for name, entry in read_json("indexnet_keys.json.gz").items()
    }


@cache  # configurations share most of their tensors
def _seeded_tensor(key: str, shape: tuple[int, ...], dtype: str, seed: int) -> Tensor:
    return torch.from_numpy(seeded_array(key, shape, dtype, seed))


def seeded_tensors(keys: Iterable[Key], seed: int = 0) -> dict[str, Tensor]:
    """The pseudo-weights of ``keys``, for ``load_state_dict``, which copies them."""
    return {key: _seeded_tensor(key, tuple(shape), dtype, seed) for key, shape, dtype in keys}


@cache
def seeded_aimnet() -> dict[str, Tensor]:
    """AimNet's pseudo-weights by canonical name, tamed so that its sigmoids do not saturate."""
    published = read_json("aimnet_keys.json.gz")
    state = {}
    for key, shape, dtype in published["keys"]:
        if key in published["aliases"]:
            continue
        value = seeded_array(key, shape, dtype)
        for pattern, factor in published["scale"]:
            if re.search(pattern, key):
                value = value * np.float32(factor)
        value = value + np.asarray(published["add"].get(key, 0), value.dtype)
        state[key] = torch.from_numpy(np.asarray(value))
    return state


def seeded_aimnet_for_paths() -> dict[str, Tensor]:
    """The weights of ``aimnet_path.npz``: with these all three classes occur in its image."""
    state = dict(seeded_aimnet())
    bias = state["decoder_final_g.bias"].clone()
    bias[1] += float(read_arrays("aimnet_path.npz")["extra_bias_class1"])
    state["decoder_final_g.bias"] = bias
    return state


def golden_input(arrays: dict[str, NDArray[Any]], size: str) -> Tensor:
    """The input ``HxW`` whose seed stands in ``arrays``."""
    height, width = (int(length) for length in size.split("x"))
    return torch.from_numpy(seeded_input(int(arrays[f"input_seed_{size}"]), height, width))
