"""``weights_manifest.json``: every known checkpoint, its licence, and what pins it.

Each entry has ``name``, the ``model`` it is for, the ``file`` name, whether it is ``bundled``,
``urls`` (mirrors, in order), the key ``layout`` (``official`` or ``openmmlab``), ``licence``,
``non_commercial``, ``source``; and, null where nothing is published, ``bytes``, ``pin`` (one of
``sha256``, ``sha256_prefix``, ``git_blob_sha1``) and ``scores``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from indexnet_cli.errors import CheckpointError

SCHEMA = 1
LAYOUTS = ("official", "openmmlab")
PINS = ("sha256", "sha256_prefix", "git_blob_sha1")
FILE_NAME = "weights_manifest.json"


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


def manifest_path() -> Path:
    """Where the manifest lies: in the package, or at the top of a source tree."""
    package = Path(__file__).resolve().parents[1]
    installed = package / FILE_NAME
    return installed if installed.is_file() else package.parent / FILE_NAME


def parse_entry(fields_of_entry: dict[str, Any]) -> Entry:
    """Check one entry of the file. Raises ``ValueError`` that names what is wrong."""
    name = fields_of_entry.get("name", "?")
    known = {field.name for field in fields(Entry)}
    if set(fields_of_entry) != known:
        raise ValueError(f"{name}: fields differ: {sorted(set(fields_of_entry) ^ known)}")
    entry = Entry(**{**fields_of_entry, "urls": tuple(fields_of_entry["urls"])})
    if entry.layout not in LAYOUTS:
        raise ValueError(f"{name}: unknown layout {entry.layout!r}")
    if entry.pin is not None and (len(entry.pin) != 1 or next(iter(entry.pin)) not in PINS):
        raise ValueError(f"{name}: a pin is one of {', '.join(PINS)}")
    if not entry.bundled and not entry.urls:
        raise ValueError(f"{name}: neither bundled nor to be had anywhere")
    return entry


@lru_cache(maxsize=1)
def load_manifest() -> dict[str, Entry]:
    """All entries by name, in the order of the file. Raises ``CheckpointError`` if damaged."""
    path = manifest_path()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']}, this program reads {SCHEMA}")
        entries = [parse_entry(entry) for entry in document["checkpoints"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: {error}", "install indexnet again") from error
    return {entry.name: entry for entry in entries}
