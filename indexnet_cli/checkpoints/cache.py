"""The user's folder of checkpoints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from indexnet_cli.errors import CheckpointError


def cache_dir() -> Path:
    """The folder for what is kept between runs: ``INDEXNET_HOME``, or the user's cache folder.

    It is not created here. Raises ``CheckpointError`` for users without a home folder.
    """
    home = os.environ.get("INDEXNET_HOME")
    if home:
        return Path(os.path.expanduser(home))  # noqa: PTH111 - Path's raises for unknown users
    from platformdirs import user_cache_path

    folder = user_cache_path("indexnet", appauthor=False)
    if not folder.is_absolute():
        raise CheckpointError(
            "there is no home folder to keep checkpoints in", "set INDEXNET_HOME to a folder"
        )
    return folder


def weights_dir() -> Path:
    """The folder in the cache that holds checkpoint files under their published names."""
    return cache_dir() / "weights"


def bundled_dir() -> Path:
    """The folder of the package that holds the checkpoints it is shipped with."""
    return Path(__file__).resolve().parents[1] / "weights"


@contextmanager
def exclusive(name: str, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keep other processes out of what ``name`` stands for in the cache while the context lasts.

    ``on_wait`` is called once if another process is in it. Raises ``CheckpointError`` if the
    cache cannot be written.
    """
    from filelock import FileLock, Timeout

    folder = weights_dir() / ".locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            lock.acquire()
    except OSError as error:
        raise CheckpointError(
            f"the cache {weights_dir()} cannot be written: {error.strerror or error}",
            "set INDEXNET_HOME to a folder that can",
        ) from error
    try:
        yield
    finally:
        lock.release()
