"""What is painted, on disk before it is answered: one folder a picture, found by its content."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from indexnet_cli.batch.journal import digest_file
from indexnet_cli.editor.operations import Operation, parse_operation, to_record
from indexnet_cli.errors import InputError, OutputError, UsageError
from indexnet_cli.imaging.placing import place_file
from indexnet_cli.imaging.reading import read_trimap
from indexnet_cli.imaging.writing import write_levels
from indexnet_cli.json_reading import parse_json

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")


@dataclass(frozen=True)
class Address:
    """Where the page is; kept, so that a page that is open finds the next server again."""

    port: int
    token: str


def edits_dir() -> Path:
    """The folder for what is painted: in ``INDEXNET_HOME``, or in the user's state folder.

    Raises OutputError for users without a home folder.
    """
    home = os.environ.get("INDEXNET_HOME")
    if home:
        return Path(os.path.expanduser(home)) / "edits"  # noqa: PTH111 - Path's raises
    from platformdirs import user_state_path

    folder = user_state_path("indexnet", appauthor=False)
    if not folder.is_absolute():
        raise OutputError(
            "there is no home folder to keep what is painted in.", "Set INDEXNET_HOME to a folder."
        )
    return folder / "edits"


class EditJournal:
    """Operations on the trimap of one picture (JSON lines), and the trimaps that they name.

    ``image`` is the picture's file; a copy elsewhere, or renamed, has the same journal. With
    ``fresh`` what was painted earlier is forgotten. One process at a time: raises UsageError if
    another has it, OutputError if the folder cannot be written. ``digest`` is the picture's.
    """

    def __init__(self, image: Path, fresh: bool = False) -> None:
        try:
            self.digest = digest_file(image)
            self.folder = edits_dir() / self.digest
        except OSError as error:
            raise InputError(f"{image} cannot be read: {error.strerror}.") from error
        self._path = self.folder / "journal.jsonl"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FileLock(self.folder / "lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"{image} is open in an editor already.", "Go on in its page, or end it first."
            ) from None
        except OSError as error:
            raise self._failed(error) from error
        if fresh:
            self._path.unlink(missing_ok=True)
        self._records = list(self._load())
        self._file: IO[str] | None = None

    def close(self) -> None:
        """Let another process have it."""
        if self._file is not None:
            self._file.close()
        self._lock.release()

    def operations(self) -> list[Operation]:
        """What was done in earlier sessions, in order."""
        return [parse_operation(record) for record in self._records if "do" in record]

    def was_saved(self, path: Path) -> bool:
        """Whether ``path`` still holds what an earlier session of this picture wrote there."""
        digests = {
            record["saved"]: record["sha256"] for record in self._records if "saved" in record
        }
        digest = digests.get(str(path.absolute()))
        return digest is not None and path.is_file() and digest == digest_file(path)

    def append(self, operation: Operation) -> None:
        """Record an operation; it is on the disk when this returns."""
        self._append(to_record(operation))

    def note_saved(self, path: Path) -> None:
        """Record that ``path`` was written by this editor, so that it may replace it."""
        record = {"saved": str(path.absolute()), "sha256": digest_file(path)}
        self._records.append(record)
        self._append(record)

    def keep_trimap(self, trimap: NDArray[np.uint8]) -> str:
        """Keep a whole trimap; the name by which ``kept_trimap`` finds it."""
        digest = hashlib.sha256(repr(trimap.shape).encode() + trimap.tobytes()).hexdigest()
        write_levels(trimap, self._kept(digest), overwrite=True)
        return digest

    def kept_trimap(self, digest: str) -> NDArray[np.uint8]:
        """A trimap that was kept. Raises InputError if it is gone."""
        return read_trimap(self._kept(digest))[0]

    def address(self) -> Address | None:
        """Where the page of the last session was."""
        try:
            record = parse_json((self.folder / "address.json").read_text("utf-8"))
            port, token = record["port"], record["token"]
            if type(port) is not int or not 0 < port < 1 << 16 or not _TOKEN.fullmatch(token):
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError):
            return None  # the first session, or one that was cut off: a new address does
        return Address(port, token)

    def note_address(self, address: Address) -> None:
        """Keep the page's address, readable by the user alone."""
        temporary = self.folder / f".address-{secrets.token_hex(8)}"
        text = json.dumps({"port": address.port, "token": address.token})
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            temporary.replace(self.folder / "address.json")
        except OSError as error:
            raise self._failed(error) from error

    def _kept(self, digest: str) -> Path:
        return self.folder / f"{digest}.png"

    def _load(self) -> Iterator[dict[str, Any]]:
        """The records of the journal, which is cut where a killed process left half a line."""
        if not self._path.exists():
            return
        try:
            data = self._path.read_bytes()
        except OSError as error:
            raise self._failed(error) from error
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            place_file(whole, self._path, overwrite=True)
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                yield _checked(parse_json(line))
            except (ValueError, UsageError):
                raise InputError(
                    f"{self._path} is damaged in line {number}.",
                    "Remove that line, or forget what was painted with --fresh.",
                ) from None

    def _append(self, record: dict[str, Any]) -> None:
        try:
            if self._file is None:
                self._file = self._path.open("a", encoding="utf-8")
            self._file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.folder} cannot be written: {error.strerror or error}.",
            "Set INDEXNET_HOME to a folder that can.",
        )


def _checked(record: Any) -> dict[str, Any]:
    """``record`` if it is one. Raises ValueError or UsageError."""
    if not isinstance(record, dict):
        raise ValueError("no object")
    if "do" in record:
        parse_operation(record)
    elif not all(isinstance(record.get(key), str) for key in ("saved", "sha256")):
        raise ValueError("neither an operation nor a note of what was saved")
    return record
