"""All that is wrong with the files of a training folder, told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from indexnet_cli.errors import InputError

_MOST_LINES = 40


class Findings:
    """Collects problems file by file, and stops with all of them."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}  # a foreground of 100 samples is told once

    def add(self, path: Path, what: str) -> None:
        """Note what is wrong with a file."""
        self._lines[f"{path}: {what}"] = None

    def expect(self, path: Path) -> None:
        """Note a file that is missing or empty."""
        if not path.is_file():
            self.add(path, "is missing")
        elif path.stat().st_size == 0:
            self.add(path, "is empty")

    def pair(
        self,
        first: Mapping[str, Path],
        folder: Path,
        others: Mapping[str, Path],
        names: Iterable[str] | None = None,
    ) -> list[str]:
        """Keys that both have; notes what stands alone on either side."""
        wanted = set(first if names is None else names)
        for key in sorted(wanted - set(others)):
            self.add(first[key], f"nothing of its name in {folder}")
        for key in sorted(set(others) - wanted):
            self.add(others[key], "nothing goes with it")
        return [key for key in first if key in others and key in wanted]

    def stop(self, about: str) -> None:
        """Raise InputError if anything was noted, naming every file (the first 40 of many)."""
        if not self._lines:
            return
        count = len(self._lines)
        shown = list(self._lines)[:_MOST_LINES]
        if count > len(shown):
            shown.append(f"... and {count - len(shown)} more")
        raise InputError(
            f"{about}: {count} problem{'s' if count > 1 else ''}:\n  " + "\n  ".join(shown),
            "Nothing was started. docs/data-layouts.md shows what each layout holds.",
        )
