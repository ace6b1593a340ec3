"""Signals that come while a library works."""

from __future__ import annotations

import os
import signal
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexnet_cli.checkpoints import reading
from indexnet_cli.signals import heard_again, held_back

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


class Killed(Exception):
    pass


def die(_number: int, _frame: object) -> None:
    raise Killed


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, die)
    yield
    signal.signal(signal.SIGTERM, before)


def work(blows: int, log: list[str], error: Exception | None = None) -> None:
    with held_back():
        for _ in range(blows):
            signal.raise_signal(signal.SIGTERM)
        log.append("went on")
        if error:
            raise error


def test_the_first_waits_for_the_end() -> None:
    log: list[str] = []
    with pytest.raises(Killed):
        work(1, log)
    assert log
    assert signal.getsignal(signal.SIGTERM) is die


def test_the_second_does_not_wait() -> None:
    log: list[str] = []
    with pytest.raises(Killed):
        work(2, log)
    assert not log


def test_it_counts_more_than_the_error_it_met() -> None:
    with pytest.raises(Killed):
        work(1, [], ValueError("damaged"))


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with held_back():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_other_threads_hold_nothing_back() -> None:
    seen = []

    def look() -> None:
        with held_back():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [die]


def test_a_kill_while_reading_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch does it: whatever is raised while it makes a tensor becomes a ValueError."""

    def load_file(_path: Path) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Killed as error:
            raise ValueError("could not determine the dtype") from error

    monkeypatch.setattr(reading, "load_file", load_file)
    with pytest.raises(Killed):
        reading.read_state_dict(tmp_path / "weights.safetensors")


class Thing:
    """What a weak reference can follow."""


def lose_a_signal() -> None:
    """What its handler raises is dropped, for it comes while a weak reference's callback runs."""
    thing = Thing()
    follower = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
    del thing
    assert follower() is None


def test_what_was_lost_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    with heard_again() as again:
        again()
        lose_a_signal()
        assert len(dropped) == 1
        with pytest.raises(Killed):
            again()
    assert signal.getsignal(signal.SIGTERM) is die


def test_what_is_not_lost_strikes_at_once() -> None:
    with heard_again(), pytest.raises(Killed):
        signal.raise_signal(signal.SIGTERM)
