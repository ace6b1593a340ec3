"""Ctrl-C and the end of a machine's lease: finish the step, write a snapshot, then go."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from indexnet_cli.signals import handled_by

CAUGHT = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Which signal has asked for the end, if one has."""

    def __init__(self) -> None:
        self.signal = 0

    def note(self, number: int, _frame: FrameType | None) -> None:
        """The first request waits for the step's end; a second one does not."""
        if self.signal:
            end(number)
        self.signal = number


def end(number: int) -> None:
    """Raise what ends the program with 130 (SIGINT) or 143 (SIGTERM)."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Collect signals instead of dying of them, until the context ends."""
    interruption = Interruption()
    with handled_by(interruption.note, CAUGHT):
        yield interruption
