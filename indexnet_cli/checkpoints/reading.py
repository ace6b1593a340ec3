"""State dicts from files, without ever running code that a file brings."""

from __future__ import annotations

import pickle
import re
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from indexnet_cli.checkpoints.aliases import without_aliases
from indexnet_cli.checkpoints.conversion import from_openmmlab, is_openmmlab
from indexnet_cli.checkpoints.impostors import describe_impostor_file
from indexnet_cli.checkpoints.legacy_tar import is_legacy_tar, read_legacy_tar
from indexnet_cli.errors import CheckpointError

PREFIXES = ("module.", "_orig_mod.")
COUNTER = "num_batches_tracked"
NAMED_KEYS = 3


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


def _read_file(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if is_legacy_tar(path):
            return read_legacy_tar(path)
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
        KeyError,
        AttributeError,
        IndexError,
    ) as error:
        raise _refusal(path, error) from error


def _without_prefixes(key: str) -> str:
    while key.startswith(PREFIXES):
        key = key[key.index(".") + 1 :]
    return key


def read_state_dict(path: Path | str) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their published names, on the CPU, as stored.

    Reads safetensors and torch files of any age (tensors only); looks into ``state_dict`` where
    there is one, takes ``module.`` off, turns OpenMMLab's names into the published ones, and drops
    AimNet's second names.
    Raises ``CheckpointError`` for a file that is damaged, holds no tensors, or would run code.
    """
    path = Path(path)
    document = _read_file(path)
    state = document.get("state_dict", document) if isinstance(document, Mapping) else None
    if not isinstance(state, Mapping):
        raise CheckpointError(f"{path} holds no state dict")
    tensors = {
        _without_prefixes(str(key)): value
        for key, value in state.items()
        if isinstance(value, Tensor)
    }
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors")
    return from_openmmlab(tensors) if is_openmmlab(tensors) else without_aliases(tensors)


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED_KEYS} more" if len(keys) > NAMED_KEYS else ""
    return ", ".join(keys[:NAMED_KEYS]) + more


def load_into(network: nn.Module, state: Mapping[str, Tensor], origin: str) -> None:
    """Copy ``state`` into ``network`` (converted to its dtypes), key by key.

    Batch counters may be missing. Raises ``CheckpointError`` that names ``origin`` and the keys
    which are missing, unknown, or of another shape.
    """
    wanted = network.state_dict()
    given = {key: value for key, value in state.items() if not key.endswith(COUNTER)}
    missing = [key for key in wanted if key not in given and not key.endswith(COUNTER)]
    unknown = [key for key in given if key not in wanted]
    misshapen = [
        f"{key} {tuple(given[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in given
        if key in wanted and given[key].shape != wanted[key].shape
    ]
    problems = [
        f"{what}: {_listed(keys)}"
        for what, keys in (("missing", missing), ("unknown", unknown), ("shape", misshapen))
        if keys
    ]
    if problems:
        hint = "it belongs to another model, or to another configuration of this one"
        raise CheckpointError(f"{origin} does not fit the network; {'; '.join(problems)}", hint)
    network.load_state_dict(given, strict=False)
