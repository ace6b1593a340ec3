"""What the program says, and where: data on standard output, all else on standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

YELLOW, RED, PLAIN = "\033[33m", "\033[31m", "\033[0m"
Advance = Callable[[int, int], None]
AdvanceBytes = Callable[[int, "int | None"], None]


def _paint(text: str, colour: str) -> str:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain or not sys.stderr.isatty() else f"{colour}{text}{PLAIN}"


def printable(text: str) -> str:
    """``text`` as one line that a terminal shows and does not obey.

    Names of files may hold newlines, escape sequences, and bytes that are no text.
    """
    # The joiner of emoji is no printable character, but harmless.
    return "".join(
        char if char.isprintable() or char == "\u200d" else char.encode("unicode_escape").decode()
        for char in text
    )


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def json_text(content: Any, indent: int | None = None) -> str:
    """``content`` as JSON; bytes of file names that are no text become escapes of surrogates."""
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode()


def say_error(message: str, hint: str = "") -> None:
    """What is wrong, and what to do about it, on standard error."""
    lines = [f"{_paint('error:', RED)} {printable(message)}"]
    print("\n".join([*lines, *([f"  {_printable_lines(hint)}"] if hint else [])]), file=sys.stderr)


@dataclass(frozen=True)
class Output:
    """One command's voice, as ``--quiet``, ``--verbose`` and ``--json`` set it."""

    quiet: bool = False
    verbose: bool = False
    json: bool = False

    def note(self, line: str) -> None:
        """A line for people, on standard error."""
        self._say(_printable_lines(line))

    def detail(self, line: str) -> None:
        """A line for people who asked for more."""
        if self.verbose:
            self.note(line)

    def warn(self, line: str) -> None:
        """Something that works but may not be meant."""
        self._say(f"{_paint('warning:', YELLOW)} {printable(line)}")

    def _say(self, line: str) -> None:
        if not self.quiet:
            print(line, file=sys.stderr)

    def document(self, content: Any) -> None:
        """The JSON document of ``--json``, on standard output; nothing without it."""
        if self.json:
            print(json_text(content, indent=2))

    def text(self, line: str) -> None:
        """What the command was asked for, on standard output; nothing with ``--json``."""
        if not self.json:
            print(line)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows in columns, on standard output; nothing with ``--json``."""
        shown = [[printable(cell) for cell in row] for row in (header, *rows)]
        widths = [max(len(cell) for cell in column) for column in zip(*shown, strict=True)]
        for row in shown:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.text("  ".join(cells).rstrip())

    @contextmanager
    def counting(self, description: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar with items a second and the time left, as ``progress``.

        Gives a function to call for each item that is done.
        """
        if self.quiet or self.verbose or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(description, total=total, rate="")
            started = time.monotonic()
            count = 0

            def advance() -> None:
                nonlocal count
                count += 1
                rate = count / max(time.monotonic() - started, 1e-6)
                bars.update(task, completed=count, rate=f"{rate:.1f}/s")

            yield advance

    @contextmanager
    def progress(self, description: str) -> Iterator[Advance]:
        """A bar on standard error while the context lasts, if that is a terminal.

        Gives a function that takes how much is done, and of how much.
        """
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(description, total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)

    @contextmanager
    def download_progress(self, description: str) -> Iterator[AdvanceBytes]:
        """As ``progress``, in bytes with speed and time to go; the whole may be unknown."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(description, total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total)
