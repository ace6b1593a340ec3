"""What pins a file for which nothing is published: the SHA-256 that it had when it came.

``pins.json`` in the folder of checkpoints: file name to SHA-256, in lower-case hex.
"""

from __future__ import annotations

import json
from pathlib import Path

from indexnet_cli.checkpoints.cache import exclusive, weights_dir
from indexnet_cli.errors import CheckpointError
from indexnet_cli.imaging.placing import place_file
from indexnet_cli.json_reading import parse_json

FILE_NAME = "pins.json"


def _read(path: Path) -> dict[str, str]:
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read: {error}",
            "remove it; files without a published hash are then"
            " pinned anew by `indexnet weights verify`",
        ) from error
    return {str(file): str(digest) for file, digest in found.items()}


def recorded_pin(file: str) -> str | None:
    """The SHA-256 that ``file`` had when it came, if it was written down."""
    return _read(weights_dir() / FILE_NAME).get(file)


def record_pin(file: str, sha256: str | None) -> None:
    """Write down the SHA-256 of ``file``; ``None`` forgets it. Safe between processes."""
    path = weights_dir() / FILE_NAME
    with exclusive(FILE_NAME):
        pins = _read(path)
        pins.pop(file, None)
        if sha256 is not None:
            pins[file] = sha256
        place_file((json.dumps(pins, indent=2) + "\n").encode(), path, overwrite=True)
