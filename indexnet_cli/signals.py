"""Ctrl-C, kill and a closed terminal where they may not strike at any moment."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# The last is not on Windows.
_ENDING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]

Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def handled_by(handler: Handler, numbers: Iterable[int]) -> Iterator[None]:
    """Let ``handler`` take the signals ``numbers`` until the context ends.

    Does nothing outside the main thread: no other may set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back the first signal that would raise an exception, until the context ends.

    For calls into libraries that turn any exception raised in them into one of their own: while
    safetensors makes tensors of bytes, torch answers SystemExit with "could not determine the
    dtype", and a killed program would take the file for damaged. A second signal is not held back.
    """
    handlers = _raising()
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        if held:
            handlers[number](number, frame)
        held.append(number)

    try:
        with handled_by(hold, handlers):
            yield
    finally:
        if held:
            handlers[held[0]](held[0], None)


@contextmanager
def heard_again() -> Iterator[Callable[[], None]]:
    """Let signals strike as ever, and give what raises again if one did so in vain.

    Python drops what a handler raises while the callback of a weak reference runs ("Exception
    ignored in"). Call what is given between pieces of work.
    """
    handlers = _raising()
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        handlers[number](number, frame)

    def again() -> None:
        if heard:
            handlers[heard[0]](heard[0], None)

    with handled_by(hear, handlers):
        yield again


def _raising() -> dict[int, Handler]:
    """The handlers that raise exceptions: neither ignored nor deadly."""
    now = {number: signal.getsignal(number) for number in _ENDING}
    return {number: handler for number, handler in now.items() if callable(handler)}
