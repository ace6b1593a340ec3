"""What is done, by content: a journal (JSON lines) beside the outputs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from indexnet_cli.errors import OutputError
from indexnet_cli.json_reading import parse_json

NAME = "indexnet-batch"


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def digest_text(*parts: str) -> str:
    """SHA-256 of several strings."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


class Journal:
    """Records in ``folder``, of this run and of earlier ones, shards included.

    Every record has ``outputs`` (paths below the folder, with their SHA-256, or without one where
    the work was begun and not finished) and ``work``: a digest of inputs, options and checkpoint.
    """

    def __init__(self, folder: Path, shard: str = "") -> None:
        self.folder = folder
        self.path = folder / f"{NAME}{shard}.jsonl"
        self._records: dict[str, dict[str, str]] = {}
        self._own: set[Path] = set()
        for path in sorted(folder.glob(f"{NAME}*.jsonl")):
            self._load(path)
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            self._file.close()

    def own(self) -> list[Path]:
        """Every output that this or an earlier run has begun to write."""
        return list(self._own)

    def is_done(self, outputs: Mapping[str, Path], work: str) -> bool:
        """Whether this very work is recorded, and its outputs are still what it wrote."""
        record = self._records.get(self._key(outputs))
        if record is None or record["work"] != work:
            return False
        try:
            return all(record.get(kind) == digest_file(path) for kind, path in outputs.items())
        except OSError:
            return False

    def begin(self, outputs: Mapping[str, Path]) -> None:
        """Record that these files are about to be written, so that they count as the batch's."""
        self._own.update(outputs.values())
        self._append({"begun": [self._name(path) for path in outputs.values()]})

    def finish(self, outputs: Mapping[str, Path], work: str) -> None:
        """Record that the files are written."""
        digests = {kind: digest_file(path) for kind, path in outputs.items()}
        key = self._key(outputs)
        self._records[key] = {"work": work, **digests}
        names = {kind: self._name(path) for kind, path in outputs.items()}
        self._append({"done": names, "work": work, "sha256": digests})

    def _append(self, record: dict[str, Any]) -> None:
        try:
            with self._lock:
                if self._file is None:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    self._file = self.path.open("ab", buffering=0)
                # In one write, so that the lines of two processes do not mix; with a newline before
                # it, because the line of a process that was killed may have none after it.
                line = b"\n" + json.dumps(record).encode() + b"\n"
                while line:
                    line = line[self._file.write(line) :]
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror}.", "Choose another -o."
            ) from error

    def _load(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be read: {error.strerror}.") from error
        for line in lines:
            try:
                record = parse_json(line)
                if "done" in record:
                    names, digests = record["done"], record["sha256"]
                    key = "\n".join(sorted(names.values()))
                    own = {self.folder / name for name in names.values()}
                    self._records[key] = {"work": record["work"], **digests}
                else:
                    own = {self.folder / name for name in record["begun"]}
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue  # the last line of a run that was killed, or not ours
            self._own |= own

    def _key(self, outputs: Mapping[str, Path]) -> str:
        return "\n".join(sorted(self._name(path) for path in outputs.values()))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()
