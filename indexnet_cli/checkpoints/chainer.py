"""Parameters that Chainer saved: ``.npz`` files, also where they are called ``.npy``.

Chainer names an array ``link/W``, ``link/b``, or ``link/gamma`` and so on for batch norms. The
published Deep Image Matting saves batch norms that its network never calls; they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.errors import CheckpointError

LEAVES = {"W": "weight", "b": "bias"}
UNUSED = re.compile(r"bn[\w]+/(gamma|beta|avg_mean|avg_var|N)")


def from_chainer(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Tensors under torch's names: ``link/W`` is ``link.weight``, ``link/b`` is ``link.bias``.

    Both libraries store convolutions as output x input x height x width, so nothing is
    transposed. A name of another kind is kept as it is, to be reported as unknown.
    """
    state: dict[str, Tensor] = {}
    for name, array in arrays.items():
        if UNUSED.fullmatch(name):
            continue
        link, _, leaf = name.rpartition("/")
        key = f"{link}.{LEAVES[leaf]}" if leaf in LEAVES else name
        state[key] = torch.from_numpy(np.ascontiguousarray(array))
    return state


def read_numpy_file(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that Chainer's ``save_npz`` wrote, under torch's names.

    Pickled objects are never read. Raises ``CheckpointError`` for a file that consists of them
    (a dict saved by ``numpy.save``) or is no such file, ``OSError`` if it cannot be opened.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return from_chainer(dict(arrays))
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise CheckpointError(
            f"{path} holds pickled objects, which could run code when read: refused",
            "save its arrays with numpy.savez, or chainer.serializers.save_npz",
        ) from error
