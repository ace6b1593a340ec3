"""Writes files as old versions of torch and Python did."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import torch
from torch import Tensor

KINDS = {torch.float32: torch.FloatStorage, torch.int64: torch.LongStorage}


class _Python2Pickler(pickle._Pickler):
    """Texts as Python 2's byte strings."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)

    def _save_text(self, text: str) -> None:
        data = text.encode("latin1")
        self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        self.memoize(text)

    dispatch[str] = _save_text


def save_as_python2(document: Any, path: Path) -> None:
    module = SimpleNamespace(
        __name__="pickle",
        Pickler=_Python2Pickler,
        dump=lambda value, file, protocol: _Python2Pickler(file, protocol).dump(value),
    )
    torch.save(document, path, module, 2, _use_new_zipfile_serialization=False)


class _TensorsByKey(pickle.Pickler):
    def persistent_id(self, value: Any) -> int | None:
        return id(value) if isinstance(value, Tensor) else None


def save_as_tar(document: Any, tensors: list[Tensor], path: Path, root: Tensor) -> None:
    """``document`` and its ``tensors``, which are views of ``root``'s memory, as torch 0.1 did.

    The second half of the tensors refers to the memory by a view of it.
    """
    kind, size = KINDS[root.dtype], root.element_size()
    storages, descriptions = io.BytesIO(), io.BytesIO()
    half = root.numel() // 2
    pickle.dump(1, storages, 2)
    pickle.dump((1, "cpu", kind), storages, 2)
    storages.write(struct.pack("<q", root.numel()) + root.numpy().tobytes())
    pickle.dump([(2, 1, half, root.numel() - half)], storages, 2)
    pickle.dump(len(tensors), descriptions, 2)
    for tensor in tensors:
        offset = (tensor.data_ptr() - root.data_ptr()) // size
        by_view = offset >= half
        pickle.dump((id(tensor), 2 if by_view else 1, kind), descriptions, 2)
        descriptions.write(struct.pack("<i4x", tensor.ndim))
        descriptions.write(struct.pack(f"<{tensor.ndim}q", *tensor.shape))
        descriptions.write(struct.pack(f"<{tensor.ndim}q", *tensor.stride()))
        descriptions.write(struct.pack("<q", offset - half if by_view else offset))
    content = io.BytesIO()
    _TensorsByKey(content, 2).dump(document)
    members = {"sys_info": pickle.dumps({}, 2), "pickle": content.getvalue()}
    members |= {"storages": storages.getvalue(), "tensors": descriptions.getvalue()}
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
