"""Pseudo-weights that anyone can draw again from a state dict's keys and shapes.

Golden outputs are of no use without the weights that gave them, and weights are too large to
ship. So every tensor has a random generator of its own, seeded by its key and one number, and is
drawn by a rule that its role (convolution, batch norm, statistics) decides.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = Sequence[Any]  # [name, shape, dtype], as the key lists hold them

TRIMAP_LEVELS = np.array([0.0, 128 / 255, 1.0], np.float32)
TRIMAP_CELL = 8  # pixels to a side of the blocks that inputs' trimaps consist of


def seeded_array(
    key: str, shape: Sequence[int], dtype: str = "float32", seed: int = 0
) -> NDArray[Any]:
    """The tensor that belongs to ``key``; float32, or zeros of int64 for counters."""
    shape = tuple(int(length) for length in shape)
    role = key.rsplit(".", 1)[-1]
    if dtype == "int64" or role == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    rng = np.random.default_rng([zlib.crc32(key.encode()), seed])
    if role == "running_var":
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if role == "weight" and len(shape) == 1:
        return (1.0 + 0.1 * rng.standard_normal(shape)).astype(np.float32)
    if role == "weight":
        return _convolution(rng, shape).astype(np.float32)
    values = 0.05 * rng.standard_normal(shape)
    if role == "bias" and shape == (1,):
        values = values + 0.5  # or else ReLU would silence a head of one channel
    return np.asarray(values, np.float32)


def _convolution(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Kaiming-scaled normal draws; a positive, averaging kernel where one channel meets one."""
    fan_in = math.prod(shape[1:])
    if shape[:2] == (1, 1):
        return rng.uniform(0.2, 0.8, shape) / fan_in
    return rng.standard_normal(shape) * math.sqrt(2.0 / fan_in)


def seeded_state(keys: Iterable[Key], seed: int = 0) -> dict[str, NDArray[Any]]:
    """A whole state dict for a list of ``[key, shape, dtype]``."""
    return {key: seeded_array(key, shape, dtype, seed) for key, shape, dtype in keys}


def seeded_input(seed: int, height: int, width: int, batch: int = 1) -> NDArray[np.float32]:
    """Network input ``(batch, 4, height, width)``: normal colours and a blocky trimap."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, 4, height, width)).astype(np.float32)
    blocks = (batch, -(-height // TRIMAP_CELL), -(-width // TRIMAP_CELL))
    levels = rng.integers(0, len(TRIMAP_LEVELS), blocks)
    levels = levels.repeat(TRIMAP_CELL, axis=1).repeat(TRIMAP_CELL, axis=2)
    x[:, 3] = TRIMAP_LEVELS[levels[:, :height, :width]]
    return x
