"""Whether a file is the published one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.errors import CheckpointError

CHUNK = 1 << 20


def _digest(path: Path, algorithm: str, prefix: bytes = b"") -> str:
    digest = hashlib.new(algorithm, prefix, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def file_digest(path: Path, kind: str) -> str:
    """The digest of ``path`` in lower-case hex, for a ``kind`` of pin as the manifest has it."""
    if kind == "git_blob_sha1":
        return _digest(path, "sha1", f"blob {path.stat().st_size}\0".encode())
    return _digest(path, "sha256")


def check_pin(path: Path, entry: Entry) -> None:
    """Raise ``CheckpointError`` if ``path`` is not the file that ``entry`` pins."""
    if entry.pin is None:
        return
    ((kind, expected),) = entry.pin.items()
    found = file_digest(path, kind)
    if not found.startswith(expected.lower()):
        raise CheckpointError(
            f"{path} is not the published {entry.name}: {kind} {found}, expected {expected}",
            "fetch it again, or pass it with --weights if it is meant",
        )
