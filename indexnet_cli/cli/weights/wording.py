"""How checkpoints are spoken of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry

MEGA = 1_000_000


def state(entry: Entry) -> str:
    """``bundled``, ``cached``, ``begun`` (a download that was interrupted) or ``no``."""
    from indexnet_cli.checkpoints.downloading.partial import Partial
    from indexnet_cli.checkpoints.locating import entry_path

    path = entry_path(entry)
    if path.is_file():
        return "bundled" if entry.bundled else "cached"
    return "begun" if Partial(path).size else "no"


def told_size(entry: Entry) -> str:
    """The size of what is here or published, roughly if only that is known."""
    from indexnet_cli.checkpoints.locating import entry_path

    path = entry_path(entry)
    exact = path.stat().st_size if path.is_file() else entry.bytes
    if exact is not None:
        return f"{exact / MEGA:.1f} MB"
    return f"~{entry.megabytes:.0f} MB" if entry.megabytes else "?"
