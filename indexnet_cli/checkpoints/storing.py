"""Files into the folder of checkpoints and out of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from indexnet_cli.checkpoints.cache import exclusive, weights_dir
from indexnet_cli.checkpoints.downloading.addresses import by_hand
from indexnet_cli.checkpoints.downloading.partial import Partial
from indexnet_cli.checkpoints.first_use import record_pin, recorded_pin
from indexnet_cli.checkpoints.impostors import describe_impostor_file
from indexnet_cli.checkpoints.locating import entry_path
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.checkpoints.pins import FIRST_USE, Verdict, examine
from indexnet_cli.errors import CheckpointError, UsageError


def keep(finished: Path, entry: Entry, verdict: Verdict, tell: Callable[[str], None]) -> None:
    """Move a file of the cache's folder, found right by ``verdict``, to its place there.

    It appears whole or not at all. What nothing published pins is pinned from now on. The caller
    holds ``exclusive(entry.file)``.
    """
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    pin_first_use(entry, verdict, tell)
    finished.replace(entry_path(entry))


def pin_first_use(entry: Entry, verdict: Verdict, tell: Callable[[str], None]) -> bool:
    """Write down the hash of a file for which none is published; whether that was due."""
    due = verdict.kind == FIRST_USE and verdict.expected is None
    if due:
        record_pin(entry.file, verdict.found)
        tell(f"no hash of {entry.name} is published; pinned from now on: {verdict.found}")
    return due


def add_file(entry: Entry, source: Path, tell: Callable[[str], None]) -> Path:
    """Copy ``source``, fetched by hand, into the cache as the file of ``entry``.

    Raises ``UsageError`` for a bundled checkpoint, ``CheckpointError`` if ``source`` cannot be
    read, is not the published file, or the cache cannot be written.
    """
    if entry.bundled:
        raise UsageError(f"{entry.name} is bundled with indexnet", "use --weights for another")
    if not source.is_file():
        raise CheckpointError(f"{source} is not a file")
    path = entry_path(entry)
    copy = _copy_of(path)
    with exclusive(entry.file):
        try:
            shutil.copyfile(source, copy)
            keep(copy, entry, _check_addition(copy, source, entry), tell)
        except OSError as error:
            raise CheckpointError(
                f"{source} cannot be copied to {path}: {error.strerror or error}"
            ) from error
        finally:
            copy.unlink(missing_ok=True)
    return path


def remove_leftovers(entry: Entry) -> None:
    """Take away what ``add_file`` has left where it was killed.

    The caller holds ``exclusive(entry.file)``.
    """
    _copy_of(entry_path(entry)).unlink(missing_ok=True)


def _copy_of(path: Path) -> Path:
    return path.with_name(path.name + ".adding")


def _check_addition(copy: Path, source: Path, entry: Entry) -> Verdict:
    impostor = describe_impostor_file(copy)
    if impostor:
        raise CheckpointError(f"{source} is {impostor}", by_hand(entry))
    verdict = examine(copy, entry)
    if not verdict.fits:
        again = f"; `indexnet weights remove {entry.name}` forgets it"
        raise CheckpointError(
            f"{source} is not the published {entry.name}: {verdict.kind} {verdict.found}, "
            f"expected {verdict.expected}" + (again if verdict.kind == FIRST_USE else ""),
            "pass it with --weights if it is meant",
        )
    return verdict


def remove_file(entry: Entry) -> int:
    """Take ``entry`` out of the cache, begun downloads and noted pin too. Gives the bytes freed."""
    if entry.bundled:
        raise UsageError(f"{entry.name} is bundled with indexnet", "it is not in the cache")
    if not weights_dir().is_dir():
        return 0
    path = entry_path(entry)
    partial = Partial(path)
    with exclusive(entry.file):
        freed = partial.size + (path.stat().st_size if path.is_file() else 0)
        partial.clear()
        remove_leftovers(entry)
        path.unlink(missing_ok=True)
        if recorded_pin(entry.file) is not None:
            record_pin(entry.file, None)
    return freed
