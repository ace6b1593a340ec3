"""The same network with batch norm statistics that fp16 can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

_EPS = 1e-5  # of torch's batch norm, and of every network here
_LARGEST_VARIANCE = 16384.0  # a quarter of what fp16 holds


def scale_into_half_range(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Divide convolutions before batch norm whose variances are too large for fp16.

    A wide sum of ReLU6 values has variances of tens of thousands. Batch norm undoes any factor on
    its input, so that a convolution (``X.0.weight``), its bias, and the mean and variance behind
    it (``X.1.running_*``) may be divided together. Powers of two: no weight loses a bit.
    """
    scaled = dict(state)
    for key, variance in state.items():
        stem, _, name = key.rpartition(".")
        block, _, place = stem.rpartition(".")
        if name != "running_var" or not place.isdigit() or variance.max() <= _LARGEST_VARIANCE:
            continue
        before = f"{block}.{int(place) - 1}"
        if f"{before}.weight" not in state:
            continue
        factor = 2.0 ** math.ceil(math.log2(float(variance.max()) / _LARGEST_VARIANCE) / 2)
        for divided in (f"{before}.weight", f"{before}.bias", f"{stem}.running_mean"):
            if divided in state:
                scaled[divided] = state[divided] / factor
        scaled[key] = ((variance.to(torch.float64) + _EPS) / factor**2 - _EPS).to(variance.dtype)
    return scaled
