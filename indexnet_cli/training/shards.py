"""Compact snapshots in a folder: few files, each small, the newest whole set counts."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import CheckpointError, OutputError, UsageError
from indexnet_cli.imaging.placing import make_folder, place_file
from indexnet_cli.training.compact import Arrays, State, decode, encode

SHARD_BYTES = 10 * 2**20
MOST_SHARDS = 3  # 7 files and 61 MiB at most, while a set is replaced by the next
_BYTES_A_PARAMETER = 4  # average 2, weight 1, second moment 1, start 1 more; deflated less
_FACTS = "facts.json"
_NAME = re.compile(r"snapshot-(\d{8})-(\d)of(\d)\.npz")


def check_size(parameters: int, with_start: bool = False) -> None:
    """Raise UsageError, before any training, for more parameters than the files may hold.

    ``with_start``: they hold the weights that the run began with, too.
    """
    if (_BYTES_A_PARAMETER + with_start) * parameters > MOST_SHARDS * SHARD_BYTES:
        raise _too_large()


def save_compact(folder: Path, state: State) -> None:
    """Write a snapshot's ``state`` as ``snapshot-<step>-<k>of<n>.npz``, and remove the set before.

    Raises UsageError for a network that is too large for it, OutputError where the disk does not
    take it.
    """
    shards = _shards(*encode(state))
    if len(shards) > MOST_SHARDS:
        raise _too_large()
    before = [path for paths in _sets(folder).values() for path in paths.values()]
    names = [
        f"snapshot-{state['step']:08d}-{k}of{len(shards)}.npz" for k in range(1, len(shards) + 1)
    ]
    make_folder(folder)
    for name, data in zip(names, shards, strict=True):
        place_file(data, folder / name, overwrite=True)
    try:
        for path in before:
            if path.name not in names:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: the snapshot before cannot be removed ({error.strerror or error})",
            "Choose another folder.",
        ) from error


def last_compact(folder: Path) -> int:
    """The step of the newest whole snapshot in ``folder``; -1 where there is none."""
    return max(_sets(folder, whole=True), default=-1)


def load_compact(folder: Path) -> State:
    """The newest whole snapshot in ``folder``. Raises CheckpointError where it is damaged."""
    step = last_compact(folder)
    arrays: dict[str, NDArray[Any]] = {}
    facts: dict[str, Any] = {}
    try:
        for path in _sets(folder, whole=True)[step].values():
            with np.load(path, allow_pickle=False) as archive:
                arrays |= {name: archive[name] for name in archive.files if name != _FACTS}
                facts = json.loads(archive[_FACTS]) if _FACTS in archive.files else facts
        return decode(arrays, facts)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise CheckpointError(
            f"{folder}: damaged snapshot of step {step} ({error})",
            "Remove its files: the one before, or snapshot.pt of the run folder, counts then.",
        ) from error


def _too_large() -> UsageError:
    return UsageError(
        f"--snapshot-dir: this network's state takes more than {MOST_SHARDS} files of "
        f"{SHARD_BYTES >> 20} MiB.",
        "Leave it out: the run folder has a snapshot of any size.",
    )


def _sets(folder: Path, whole: bool = False) -> dict[int, dict[int, Path]]:
    """The files of each step by their number; ``whole``: of steps that have all of them."""
    found: dict[tuple[int, int], dict[int, Path]] = {}
    for path in sorted(folder.glob("snapshot-*.npz")):
        if match := _NAME.fullmatch(path.name):
            step, number, count = map(int, match.groups())
            found.setdefault((step, count), {})[number] = path
    return {
        step: paths for (step, count), paths in found.items() if not whole or len(paths) == count
    }


def _shards(arrays: Arrays, facts: Mapping[str, Any]) -> list[bytes]:
    """As many .npz files as it takes, deflated; the facts are in the first."""
    finished: list[bytes] = []
    open_one = _Shard()
    open_one.add_bytes(_FACTS, json.dumps(facts).encode())
    for name, array in arrays.items():
        if open_one.size() + array.nbytes > SHARD_BYTES:
            finished.append(open_one.close())
            open_one = _Shard()
        open_one.add(name, array)
    return [*finished, open_one.close()]


class _Shard:
    """A .npz file that is being made."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._archive = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def size(self) -> int:
        """Bytes so far."""
        return self._buffer.tell()

    def add(self, name: str, array: NDArray[Any]) -> None:
        """An array, whose bytes may be fewer than it has."""
        data = io.BytesIO()
        np.lib.format.write_array(data, np.asarray(array, order="C"), allow_pickle=False)
        self.add_bytes(f"{name}.npy", data.getvalue())

    def add_bytes(self, name: str, data: bytes) -> None:
        """A file."""
        self._archive.writestr(name, data)

    def close(self) -> bytes:
        """The whole file."""
        self._archive.close()
        return self._buffer.getvalue()
