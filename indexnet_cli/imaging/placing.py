"""Put a finished file in its place, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import stat
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from indexnet_cli.errors import OutputError, UsageError

# Machine and process of a temporary file: whether it is still being written can then be told.
_TEMPORARY = re.compile(r"\.indexnet-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.part")
_LONGEST_WRITE = 24 * 3600.0  # seconds; for files of other machines
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def check_place(destination: str | Path, overwrite: bool = False) -> None:
    """Find out before the work whether a file could be put there.

    Raises UsageError when it exists (and overwrite is false) or is a folder, OutputError when its
    folder is missing or cannot be written.
    """
    destination = Path(destination)
    try:
        if destination.is_dir():
            raise _is_folder(destination)
        if _is_special(destination):
            return
        if os.path.lexists(destination) and not overwrite:
            raise _exists(destination)
        folder = _target(destination).parent
        if not folder.is_dir():
            raise _missing_folder(destination)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _no_permission(destination)
    except OSError as error:
        raise _failed(destination, error) from error


def place_file(data: bytes, destination: str | Path, overwrite: bool = False) -> None:
    """Write a file by way of a temporary one in the same folder, synced to disk, then renamed.

    An existing file is replaced only with overwrite; otherwise it is refused even if it appears
    while this runs. No temporary file stays behind, whatever interrupts; what a process that was
    killed has left in the folder is taken away. A device or pipe (/dev/stdout) is written to
    directly. Raises as ``check_place``, and OutputError on a full disk.
    """
    destination = Path(destination)
    check_place(destination, overwrite)
    try:
        if _is_special(destination):
            with destination.open("wb") as device:
                device.write(data)
            return
        target = _target(destination)
        _tidy_once(target.parent)
        name = f".indexnet-{_machine()}-{os.getpid()}-{secrets.token_hex(8)}.part"
        temporary = target.parent / name
        try:
            _write_synced(data, temporary)
            _move(temporary, target, overwrite)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except BrokenPipeError:
        raise
    except FileExistsError:
        raise _exists(destination) from None
    except OSError as error:
        raise _failed(destination, error) from error


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it. Raises OutputError where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror or error}.", "Choose another -o."
        ) from error


@cache
def _tidy_once(folder: Path) -> None:
    # What another user has left is not ours to take away, and nothing to fail for.
    with suppress(OutputError):
        remove_stale(folder)


def remove_stale(folder: Path) -> None:
    """Take away the temporary files in a folder whose process was killed.

    Of other machines, which may share the folder, only those that are older than a day. Raises
    OutputError when one cannot be removed.
    """
    try:
        for path in folder.iterdir() if folder.is_dir() else ():
            made = _TEMPORARY.fullmatch(path.name)
            if made and _is_stale(path, made[1], int(made[2])):
                path.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(folder, error) from error


def _is_stale(path: Path, machine: str, process: int) -> bool:
    if machine == _machine() and os.name != "nt":  # there, signal 0 would be no question
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # it lives, as another user's
            pass
        return False
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _LONGEST_WRITE
    return False


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _target(destination: Path) -> Path:
    # A link is followed, so that overwriting changes what it points to and not the link.
    return Path(os.path.realpath(destination))


def _is_special(destination: Path) -> bool:
    try:
        mode = destination.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _write_synced(data: bytes, temporary: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # 0666 less the umask, as for any other new file; tempfile's 0600 would hide it from others.
    with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _move(temporary: Path, target: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(target)
        return
    if os.name == "nt":
        temporary.rename(target)
        return
    try:
        # Unlike a rename, a link fails when the target has appeared in the meantime.
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _exists(destination: Path) -> UsageError:
    return UsageError(
        f"{destination} exists already.", "Replace it with --overwrite, or choose another -o."
    )


def _is_folder(destination: Path) -> UsageError:
    return UsageError(f"{destination} is a folder.", "Name a file in it with -o.")


def _missing_folder(destination: Path) -> OutputError:
    return OutputError(
        f"{destination} cannot be written: the folder {destination.parent} does not exist.",
        "Create the folder, or choose another -o.",
    )


def _no_permission(destination: Path) -> OutputError:
    return OutputError(
        f"{destination} cannot be written: no permission to write in {destination.parent}.",
        "Choose another place with -o.",
    )


def _failed(destination: Path, error: OSError) -> OutputError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return _missing_folder(destination)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _no_permission(destination)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            f"{destination} cannot be written: the disk is full.",
            "Free some space, or choose another place with -o.",
        )
    return OutputError(
        f"{destination} cannot be written: {error.strerror or error}.",
        "Choose another place with -o.",
    )
