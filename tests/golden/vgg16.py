"""Key lists and pseudo-weights of the networks with a VGG-16 encoder."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.golden.reading import read_json
from tests.golden.seeded_weights import Key, seeded_array

# Multipliers that keep the outputs under pseudo-weights away from 0 and 1.
WITHOUT_SKIP = {"deconv1.weight": 12.0}
CHAINER = {
    "conv7_1.weight": 0.2,
    "conv8_1.weight": 0.2,
    "conv9_1.weight": 0.2,
    "convf_1.weight": 0.2,
    "convv.weight": 0.3,
}


def read_keys(model: str) -> list[Key]:
    """``[key, shape, dtype]`` in the order of the published state dict, or Chainer's npz."""
    keys: list[Key] = read_json("vgg16_keys.json.gz")[model]
    return keys


def seeded_tensors_of(keys: list[Key], scale: dict[str, float] | None = None) -> dict[str, Tensor]:
    """Pseudo-weights, drawn anew at each call: the networks are too large to keep."""
    factors = scale or {}
    state = {key: torch.from_numpy(seeded_array(key, shape, kind)) for key, shape, kind in keys}
    return {key: value * factors[key] if key in factors else value for key, value in state.items()}
