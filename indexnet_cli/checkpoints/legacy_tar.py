"""The tar files that torch.save wrote before version 0.2, read without running code.

Four members: ``storages`` (raw values), ``tensors`` (shape, strides and offset of each), ``pickle``
(the document, which names tensors by key), ``sys_info``. Newer versions of torch read them only
by unrestricted unpickling. Later published files called ``.pth.tar`` are not of this format.
"""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
}


@dataclass(frozen=True)
class _TypeName:
    """``torch.cuda.FloatStorage`` and the like: named in these files, never called."""

    dtype: torch.dtype


class _Unpickler(pickle.Unpickler):
    """Builds dictionaries, lists, numbers and texts; any other name is refused."""

    def __init__(self, file: IO[bytes], tensors: dict[Any, Tensor]) -> None:
        super().__init__(file, encoding="latin1")
        self._tensors = tensors

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        kind = name.removesuffix("Storage").removesuffix("Tensor")
        if module in ("torch", "torch.cuda") and kind != name and kind in DTYPES:
            return _TypeName(DTYPES[kind])
        raise pickle.UnpicklingError(f"GLOBAL {module}.{name} is not allowed")

    def persistent_load(self, key: Any) -> Tensor:
        return self._tensors[int(key)]


def is_legacy_tar(path: Path) -> bool:
    """Whether ``path`` is such a file."""
    try:
        with tarfile.open(path, "r:") as archive:
            return {"storages", "tensors", "pickle"} <= set(archive.getnames())
    except tarfile.TarError:
        return False


def read_legacy_tar(path: Path) -> Any:
    """The document in ``path``, its tensors on the CPU.

    Raises ``pickle.UnpicklingError`` for a file that would run code, and what ``struct``,
    ``tarfile`` and ``pickle`` raise for damaged ones.
    """
    with tarfile.open(path, "r:") as archive:
        storages = _read_storages(_member(archive, "storages"))
        tensors = _read_tensors(_member(archive, "tensors"), storages)
        return _Unpickler(_member(archive, "pickle"), tensors).load()


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file")
    return io.BytesIO(file.read())


def _load(file: IO[bytes]) -> Any:
    return _Unpickler(file, {}).load()


def _take(file: IO[bytes], layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _read_storages(file: IO[bytes]) -> dict[int, Tensor]:
    storages: dict[int, Tensor] = {}
    for _ in range(_load(file)):
        key, _location, kind = _load(file)
        (length,) = _take(file, "<q")
        values = file.read(length * kind.dtype.itemsize)
        storages[key] = torch.frombuffer(bytearray(values), dtype=kind.dtype, count=length)
    for target, root, offset, length in _load(file):
        storages[target] = storages[root][offset : offset + length]
    return storages


def _read_tensors(file: IO[bytes], storages: dict[int, Tensor]) -> dict[Any, Tensor]:
    tensors: dict[Any, Tensor] = {}
    for _ in range(_load(file)):
        key, storage, _kind = _load(file)
        (dimensions,) = _take(file, "<i4x")
        shape, strides = _take(file, f"<{dimensions}q"), _take(file, f"<{dimensions}q")
        (offset,) = _take(file, "<q")
        # as_strided counts from the beginning of the memory, which views share with their root.
        base = storages[storage]
        tensors[key] = base.as_strided(shape, strides, base.storage_offset() + offset)
    return tensors
