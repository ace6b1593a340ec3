"""A failed item is told, and nothing of it is kept."""

from __future__ import annotations

import gc
import weakref
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

from indexnet_cli.batch.pipeline import run_pipeline


class Maps:
    """What a stage holds in memory while it works; which of them are still there."""

    def __init__(self) -> None:
        self._held: list[weakref.ref[NDArray[np.uint8]]] = []

    def take(self) -> NDArray[np.uint8]:
        values = np.zeros(1000, np.uint8)
        self._held.append(weakref.ref(values))
        return values

    @property
    def left(self) -> int:
        return sum(held() is not None for held in self._held)


def fail(maps: Maps) -> NoReturn:
    """An error within an error, each of whose frames holds a map."""
    mine = maps.take()
    try:
        raise MemoryError(mine.size)
    except MemoryError as error:
        raise RuntimeError("no memory") from error


@pytest.mark.parametrize("stage", ["load", "work", "save"])
def test_a_failed_item_leaves_nothing_in_memory(stage: str) -> None:
    """Or the next picture, which may need as much, would not find it."""
    maps = Maps()

    def step(name: str) -> NDArray[np.uint8]:
        values = maps.take()
        if name == stage:
            fail(maps)
        return values

    gc.disable()  # what hangs in a cycle would stay until some later time
    try:
        outcomes = run_pipeline(
            [1],
            load=lambda _item: step("load"),
            work=lambda _item, _loaded: step("work"),
            save=lambda _item, _worked: step("save").size,
        )
        outcome = next(outcomes)
        assert isinstance(outcome.error, RuntimeError)
        assert outcome.error.__traceback__ is not None
        assert maps.left == 0
        outcomes.close()
    finally:
        gc.enable()
