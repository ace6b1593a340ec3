"""State dicts into files that hold nothing but tensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from indexnet_cli.imaging.placing import place_file


def write_state_dict(state: Mapping[str, Tensor], path: Path, overwrite: bool = False) -> None:
    """Write ``state`` as safetensors, whole or not at all; aliased tensors are written twice.

    Raises as ``place_file``.
    """
    # safetensors refuses views and shared storages.
    own = {key: tensor.detach().clone().contiguous() for key, tensor in state.items()}
    place_file(save(own), path, overwrite)
