"""State dicts into files that hold nothing but tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from indexnet_cli.imaging.placing import place_file

_LENGTH = 8  # bytes, little-endian, of the header that follows them
_ALIGNED = 8  # tensors begin at a multiple of it


def write_state_dict(
    state: Mapping[str, Tensor],
    path: Path,
    overwrite: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write ``state`` as safetensors, whole or not at all; aliased tensors are written twice.

    The same tensors and metadata give the same bytes. Raises as ``place_file``.
    """
    # safetensors refuses views and shared storages.
    own = {key: tensor.detach().clone().contiguous() for key, tensor in state.items()}
    content = save(own, metadata=dict(metadata) if metadata else None)
    place_file(_in_order(content), path, overwrite)


def _in_order(content: bytes) -> bytes:
    """``content`` with its metadata sorted: safetensors writes it in another order every time."""
    start = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
    header = json.loads(content[_LENGTH:start])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    return len(text).to_bytes(_LENGTH, "little") + text + content[start:]
