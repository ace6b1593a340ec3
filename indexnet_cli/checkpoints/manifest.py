"""``weights_manifest.json``: every known checkpoint, its licence, and what pins it.

The fields are described in ``docs/manifest.md`` and by ``docs/manifest.schema.json``.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.json_reading import parse_json

SCHEMA = 1
KINDS = ("model", "encoder")
LAYOUTS = ("official", "openmmlab", "torchvision", "csail", "transformers")
PINS = ("sha256", "sha256_prefix", "git_blob_sha1")
FILE_NAME = "weights_manifest.json"
# A bare name: no folder, no drive, nothing hidden, so that it cannot lead out of the cache.
SAFE_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\.(pth|tar|safetensors|bin|npz|npy)")


@dataclass(frozen=True)
class Address:
    """Where people can fetch a file by hand, and what they must know for it."""

    url: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.url} ({self.note})" if self.note else self.url


@dataclass(frozen=True)
class Entry:
    """One known checkpoint, field by field as in the file."""

    name: str
    model: str
    file: str
    bundled: bool
    urls: tuple[str, ...]
    layout: str
    licence: str
    non_commercial: bool
    source: str
    bytes: int | None
    pin: dict[str, str] | None
    scores: dict[str, Any] | None
    kind: str = "model"
    megabytes: float | None = None
    manual: tuple[Address, ...] = ()


def manifest_path() -> Path:
    """Where the manifest lies: in the package, or at the top of a source tree."""
    package = Path(__file__).resolve().parents[1]
    installed = package / FILE_NAME
    return installed if installed.is_file() else package.parent / FILE_NAME


def parse_entry(fields_of_entry: dict[str, Any]) -> Entry:
    """Check one entry of the file. Raises ``ValueError`` that names what is wrong."""
    name = fields_of_entry.get("name", "?")
    known = {field.name for field in fields(Entry)}
    required = {field.name for field in fields(Entry) if field.default is MISSING}
    wrong = (set(fields_of_entry) - known) | (required - set(fields_of_entry))
    if wrong:
        raise ValueError(f"{name}: fields differ: {sorted(wrong)}")
    entry = Entry(
        **{
            **fields_of_entry,
            "urls": tuple(fields_of_entry["urls"]),
            "manual": tuple(Address(**address) for address in fields_of_entry.get("manual", ())),
        }
    )
    _check(entry)
    return entry


def _check(entry: Entry) -> None:
    if entry.kind not in KINDS:
        raise ValueError(f"{entry.name}: unknown kind {entry.kind!r}")
    if entry.layout not in LAYOUTS:
        raise ValueError(f"{entry.name}: unknown layout {entry.layout!r}")
    if not SAFE_FILE.fullmatch(entry.file):
        raise ValueError(f"{entry.name}: {entry.file!r} is not the bare name of a checkpoint file")
    if entry.pin is not None and (len(entry.pin) != 1 or next(iter(entry.pin)) not in PINS):
        raise ValueError(f"{entry.name}: a pin is one of {', '.join(PINS)}")
    if not (entry.bundled or entry.urls or entry.manual):
        raise ValueError(f"{entry.name}: neither bundled nor to be had anywhere")
    if any(not url.startswith("https://") for url in entry.urls):
        raise ValueError(f"{entry.name}: only https addresses are fetched")


@lru_cache(maxsize=1)
def load_manifest() -> dict[str, Entry]:
    """All entries by name, in the order of the file. Raises ``CheckpointError`` if damaged."""
    path = manifest_path()
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']}, this program reads {SCHEMA}")
        entries = [parse_entry(entry) for entry in document["checkpoints"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: {error}", "install indexnet again") from error
    return {entry.name: entry for entry in entries}


def find_entry(name: str) -> Entry:
    """The entry called ``name``; a bare architecture means the default tag of its models.

    Raises ``UsageError`` that lists the known names.
    """
    from indexnet_cli.models.registry import DEFAULT_TAGS

    entries = load_manifest()
    full_name = f"{name}.{DEFAULT_TAGS[name]}" if name in DEFAULT_TAGS else name
    if full_name not in entries:
        raise UsageError(f"there is no checkpoint {name!r}", f"known: {', '.join(entries)}")
    return entries[full_name]
