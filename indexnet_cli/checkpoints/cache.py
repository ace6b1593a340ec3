"""The user's folder of checkpoints."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """The folder for what is kept between runs: ``INDEXNET_HOME``, or the user's cache folder.

    It is not created here.
    """
    home = os.environ.get("INDEXNET_HOME")
    if home:
        return Path(home).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("indexnet", appauthor=False)


def weights_dir() -> Path:
    """The folder in the cache that holds checkpoint files under their published names."""
    return cache_dir() / "weights"


def bundled_dir() -> Path:
    """The folder of the package that holds the checkpoints it is shipped with."""
    return Path(__file__).resolve().parents[1] / "weights"
