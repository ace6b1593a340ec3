"""Whether a file is the published one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.checkpoints.first_use import recorded_pin
from indexnet_cli.checkpoints.impostors import describe_flaw
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.errors import CheckpointError

CHUNK = 1 << 20
FIRST_USE = "first use"


@dataclass(frozen=True)
class Verdict:
    """What a file is compared by, and how it went.

    ``kind`` is a pin's, ``first use``, ``bytes``, or ``content`` for what is no checkpoint at all.

    ``expected`` is ``None`` when nothing is published and nothing was written down yet.
    """

    kind: str
    found: str
    expected: str | None

    @property
    def fits(self) -> bool:
        """Whether the file is the one expected, or nothing is."""
        return self.expected is None or self.found.startswith(self.expected)


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


def examine(path: Path, entry: Entry) -> Verdict:
    """Compare ``path`` with what pins ``entry``. Raises ``CheckpointError`` if it is unreadable."""
    try:
        size = path.stat().st_size
        if entry.bytes is not None and size != entry.bytes:
            return Verdict("bytes", str(size), str(entry.bytes))
        if entry.pin is None:
            return _examine_unpublished(path, entry)
        ((kind, expected),) = entry.pin.items()
        return Verdict(kind, file_digest(path, kind), expected.lower())
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error


def _examine_unpublished(path: Path, entry: Entry) -> Verdict:
    recorded = recorded_pin(entry.file)
    flaw = describe_flaw(path) if recorded is None else None
    if flaw:
        return Verdict("content", flaw, "a checkpoint")
    return Verdict(FIRST_USE, file_digest(path, "sha256"), recorded)


def check_pin(path: Path, entry: Entry) -> Verdict:
    """Raise ``CheckpointError`` if ``path`` is not the file that ``entry`` pins."""
    verdict = examine(path, entry)
    if not verdict.fits:
        raise CheckpointError(
            f"{path} is not the published {entry.name}: {verdict.kind} {verdict.found}, "
            f"expected {verdict.expected}",
            f"fetch it again with `indexnet weights pull {entry.name}`, "
            "or pass it with --weights if it is meant",
        )
    return verdict
