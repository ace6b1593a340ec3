"""One process at a time trains into a folder."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from indexnet_cli.errors import OutputError, UsageError
from indexnet_cli.imaging.placing import remove_stale

LOCK = ".lock"
FOLDERS = ("examples", "evolution")


def claim(folder: Path) -> FileLock:
    """Make ``folder`` this process's until the lock is released, or the process is gone.

    Temporary files of a process that was killed are taken away. Raises UsageError where another
    process has it, and OutputError where it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
        for left in folder.glob("*.pt.part"):
            left.unlink(missing_ok=True)
    except Timeout:
        raise UsageError(
            f"another process is training in {folder}.", "Wait for it, or choose another -o."
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror or error}.", "Choose another -o."
        ) from error
    for place in (folder, *(folder / name for name in FOLDERS)):
        remove_stale(place)
    return lock
