"""The pictures of a folder by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indexnet_cli.batch.listing import is_picture, list_pictures
from indexnet_cli.datasets.layouts.findings import Findings


def by_stem(folder: Path, findings: Findings) -> dict[str, Path]:
    """The pictures directly in a folder by stem; notes two of one stem, and an empty folder."""
    found: dict[str, Path] = {}
    for path in list_pictures(folder, recursive=False):
        other = found.setdefault(path.stem, path)
        if other is not path:
            findings.add(path, f"has the stem of {other.name}")
    if not found:
        findings.add(folder, "holds no pictures")
    return found


def first_folder(root: Path, names: Sequence[str], below: Sequence[str] = ("",)) -> Path | None:
    """The first folder that exists of ``root/below/name``."""
    places = (root / nested / name for nested in below for name in names)
    return next((place for place in places if place.is_dir()), None)


def photographs(folder: Path | None) -> tuple[Path, ...]:
    """All pictures in a folder and below it, sorted; none without a folder."""
    return () if folder is None else tuple(list_pictures(folder))


def holds_pictures(folder: Path) -> bool:
    """Whether a picture lies directly in a folder."""
    return any(is_picture(path) for path in folder.iterdir() if path.is_file())
