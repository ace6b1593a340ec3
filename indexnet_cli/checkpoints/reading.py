"""State dicts from files, without ever running code that a file brings."""

from __future__ import annotations

import pickle
import re
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from indexnet_cli.checkpoints.aliases import without_aliases
from indexnet_cli.checkpoints.chainer import read_numpy_file
from indexnet_cli.checkpoints.conversion import from_openmmlab, is_openmmlab
from indexnet_cli.checkpoints.impostors import describe_impostor_file
from indexnet_cli.checkpoints.legacy_tar import is_legacy_tar, read_legacy_tar
from indexnet_cli.checkpoints.recognition import COUNTER, differences, hint_for, shapes_of
from indexnet_cli.errors import CheckpointError
from indexnet_cli.signals import held_back

PREFIXES = ("module.", "_orig_mod.")
NUMPY_SUFFIXES = (".npz", ".npy")
UNPACKED, SMALL = 4, 64 << 20  # an archive may unpack to so many times its size, or so many bytes


class _Ignored:
    """Stands in for what training programs put beside the tensors: built, never used."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        pass

    def __setstate__(self, _state: object) -> None:
        pass


# Numpy values in training curves, and command lines: read as inert objects.
_STAND_INS: list[Any] = [
    (_Ignored, name)
    for name in (
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray._reconstruct",
        "numpy.ndarray",
        "numpy.dtype",
        "numpy.dtypes.Float32DType",
        "numpy.dtypes.Float64DType",
        "numpy.dtypes.Int64DType",
        "argparse.Namespace",
    )
]


def _refusal(path: Path, error: Exception) -> CheckpointError:
    if isinstance(error, MemoryError) or "allocate" in str(error):
        return CheckpointError(
            f"{path} claims more memory than there is",
            "fetch it again if it should be small, or close other programs",
        )
    impostor = describe_impostor_file(path)
    if impostor:
        return CheckpointError(f"{path} is {impostor}", "fetch it again")
    named = re.search(r"(?:GLOBAL|global)\s+`?([\w.]+)`?", str(error))
    if named:
        return CheckpointError(
            f"{path} would run code when read ({named[1]}): refused",
            "a checkpoint may hold tensors only; save its state dict alone, or as safetensors",
        )
    if "Unsupported operand" in str(error):
        return CheckpointError(
            f"{path} is a pickle that could run code when read: refused",
            "save its state dict with torch.save, or as safetensors",
        )
    return CheckpointError(
        f"{path} is damaged, or not a checkpoint", "fetch it again; .pth and .safetensors are read"
    )


def _refuse_bomb(path: Path) -> None:
    """Raise ``CheckpointError`` for an archive that unpacks to many times its size."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    # Weights hardly compress, and torch does not try.
    if unpacked > UNPACKED * path.stat().st_size + SMALL:
        raise CheckpointError(
            f"{path} would unpack to {unpacked / 2**20:,.0f} MiB, many times its size: refused",
            "fetch it again; if it is meant, unpack it and save it with torch.save",
        )


def _read_file(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        _refuse_bomb(path)
        if is_legacy_tar(path):
            return read_legacy_tar(path)
        if path.suffix in NUMPY_SUFFIXES:
            return read_numpy_file(path)
        with warnings.catch_warnings(), torch.serialization.safe_globals(_STAND_INS):
            warnings.simplefilter("ignore")  # about pickle protocols, before it refuses them
            # latin1: texts that Python 2 wrote, whatever bytes they hold.
            return torch.load(path, map_location="cpu", weights_only=True, encoding="latin1")
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (
        pickle.UnpicklingError,
        SafetensorError,
        zipfile.BadZipFile,
        tarfile.TarError,
        struct.error,
        RuntimeError,
        EOFError,
        ValueError,
        TypeError,
        LookupError,  # of keys, of places, of encodings
        AttributeError,
        AssertionError,
        ArithmeticError,
        ImportError,
        MemoryError,
        zlib.error,
    ) as error:
        raise _refusal(path, error) from error


def _without_prefixes(key: str) -> str:
    while key.startswith(PREFIXES):
        key = key[key.index(".") + 1 :]
    return key


def read_state_dict(path: Path | str) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their published names, on the CPU, as stored.

    Reads safetensors, torch files of any age (tensors only) and Chainer's npz; looks into
    ``state_dict`` where there is one, takes ``module.`` off, turns the names of OpenMMLab and
    Chainer into the published ones, and drops AimNet's second names.
    Raises ``CheckpointError`` for a file that is damaged, holds no tensors, or would run code.
    """
    path = Path(path)
    with held_back():
        document = _read_file(path)
    # As dict does it: a pickle may have put something else in place of a mapping's own methods.
    state = dict.get(document, "state_dict", document) if isinstance(document, dict) else None
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds no state dict")
    tensors = {
        _without_prefixes(str(key)): value
        for key, value in dict.items(state)
        if isinstance(value, Tensor)
    }
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors")
    return from_openmmlab(tensors) if is_openmmlab(tensors) else without_aliases(tensors)


def load_into(network: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy ``state`` into ``network`` (converted to its dtypes), key by key.

    Batch counters may be missing. Raises ``CheckpointError`` that names ``origin``, the keys
    which are missing, unknown, or of another shape, and the model that ``state`` may be of.
    """
    given = shapes_of(state)
    problems = differences(shapes_of(network.state_dict()), given)
    if problems:
        raise CheckpointError(
            f"{origin} does not fit the network; {'; '.join(problems)}", hint_for(given)
        )
    tensors = {key: value for key, value in state.items() if not key.endswith(COUNTER)}
    network.load_state_dict(tensors, strict=False)
