"""Reading, work and writing at the same time, with few pictures in memory."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741
L = TypeVar("L")
W = TypeVar("W")
R = TypeVar("R")


@dataclass(frozen=True)
class Outcome(Generic[I, R]):
    """An item with its result, or with the error that ended it."""

    item: I
    result: R | None = None
    error: Exception | None = None


def run_pipeline(
    items: Iterable[I],
    load: Callable[[I], L],
    work: Callable[[I, L], W],
    save: Callable[[I, W], R],
    threads: int = 2,
    ahead: int = 4,
) -> Generator[Outcome[I, R], None, None]:
    """Give an outcome for every item, in order.

    ``load`` and ``save`` run on ``threads`` threads each (decoders and encoders leave Python's
    lock), ``work`` on the caller's. At most ``ahead`` items are loaded beforehand, and as many wait
    to be saved. An Exception ends its item only; anything else (Ctrl-C) drops what is not yet
    being saved, waits for the rest, and goes on to the caller.
    """
    rest = iter(items)
    loading: deque[tuple[I, Future[L]]] = deque()
    saving: deque[tuple[I, Future[R]]] = deque()
    loaders = ThreadPoolExecutor(threads, thread_name_prefix="load")
    savers = ThreadPoolExecutor(threads, thread_name_prefix="save")
    try:
        while True:
            for item in islice(rest, ahead - len(loading)):
                loading.append((item, loaders.submit(load, item)))
            if not loading:
                break
            item, loaded = loading.popleft()
            try:
                done = work(item, loaded.result())
            except Exception as error:  # of whatever kind: it is told with the item
                del loaded
                while saving:
                    yield _settle(*saving.popleft())
                yield _failed(item, error)
                continue
            saving.append((item, savers.submit(save, item, done)))
            del done, loaded
            while saving and (len(saving) >= ahead or saving[0][1].done()):
                yield _settle(*saving.popleft())
        while saving:
            yield _settle(*saving.popleft())
    finally:
        loaders.shutdown(wait=True, cancel_futures=True)
        savers.shutdown(wait=True, cancel_futures=True)


def _settle(item: I, future: Future[R]) -> Outcome[I, R]:
    try:
        return Outcome(item, result=future.result())
    except Exception as error:  # as above
        return _failed(item, error)


def _failed(item: I, error: Exception) -> Outcome[I, R]:
    """An error's traceback holds what its frames held: pictures, for which the next has no room."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return Outcome(item, error=error)
