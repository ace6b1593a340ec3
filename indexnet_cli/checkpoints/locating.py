"""Which file holds the weights of a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexnet_cli.checkpoints.cache import bundled_dir, weights_dir
from indexnet_cli.checkpoints.manifest import Entry, load_manifest
from indexnet_cli.checkpoints.pins import check_pin
from indexnet_cli.errors import CheckpointError
from indexnet_cli.models.registry import resolve_model


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights, where it comes from, and what the manifest knows of it."""

    path: Path
    source: Literal["bundled", "cache", "file", "plug-in"]
    entry: Entry | None

    @property
    def name(self) -> str:
        """The manifest's name, or the file's for one that the user brought."""
        return self.entry.name if self.entry else self.path.name


def entry_path(entry: Entry) -> Path:
    """Where the file of ``entry`` lies, or would lie."""
    return (bundled_dir() if entry.bundled else weights_dir()) / entry.file


def entry_for_model(model: str) -> Entry:
    """The manifest's entry for the model called ``model`` (full name)."""
    for entry in load_manifest().values():
        if entry.kind == "model" and entry.model == model:
            return entry
    raise CheckpointError(f"no checkpoint of {model} is known", "pass one with --weights FILE")


def _missing(entry: Entry, path: Path) -> CheckpointError:
    if entry.bundled:
        return CheckpointError(
            f"the bundled checkpoint {path} is missing",
            "install indexnet again, or pass one with --weights FILE",
        )
    return CheckpointError(
        f"{entry.name} is not on this machine (licence: {entry.licence})",
        f"fetch it with `indexnet weights pull {entry.name}`, or pass the file with --weights FILE",
    )


def named_entry(weights: Path | str) -> Entry | None:
    """The manifest's entry that ``weights`` names, unless there is a file called so."""
    return None if Path(weights).expanduser().exists() else load_manifest().get(str(weights))


def find_checkpoint(model: str, weights: Path | str | None = None) -> Checkpoint:
    """The checkpoint for ``model``: ``weights`` (a file, or a known name), else the manifest's.

    A plug-in may bring its own file. Nothing is fetched here. Raises ``CheckpointError``: no such
    file, known but not on this machine (with the command that fetches it), or not the file that
    the manifest pins.
    """
    brought = resolve_model(model).weights if weights is None else None
    if brought is not None:
        if not brought.is_file():
            raise CheckpointError(
                f"{brought}, the weights of {model}, is missing", "install its plug-in again"
            )
        return Checkpoint(brought, "plug-in", None)
    entry = entry_for_model(model) if weights is None else named_entry(weights)
    if weights is not None and entry is None:
        path = Path(weights).expanduser()
        if not path.is_file():
            problem = "is a folder, not a checkpoint" if path.is_dir() else "does not exist"
            raise CheckpointError(
                f"{path} {problem}",
                "--weights takes a file, or a name that `indexnet weights list` shows",
            )
        return Checkpoint(path, "file", None)
    assert entry is not None
    path = entry_path(entry)
    if not path.is_file():
        raise _missing(entry, path)
    if not entry.bundled:
        check_pin(path, entry)
    return Checkpoint(path, "bundled" if entry.bundled else "cache", entry)
