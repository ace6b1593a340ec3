"""Pictures that arrive while the program runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from indexnet_cli.batch.pairing import Pair

Stamp = tuple[int, int]


def arrivals(
    scan: Callable[[], list[Pair]],
    interval: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[list[Pair]]:
    """Give, without end, the pairs that are complete and new (or changed) since they were given.

    A file counts as complete when its size and time have not changed from one scan to the next;
    a picture without its guide is waited for.
    """
    given: dict[Path, tuple[Stamp, ...]] = {}
    before: dict[Path, tuple[Stamp, ...]] = {}
    while True:
        pairs = {pair.image: pair for pair in scan()}
        stamped = {image: _stamps(pair) for image, pair in pairs.items()}
        now = {image: stamps for image, stamps in stamped.items() if stamps is not None}
        ready = [
            pairs[image]
            for image, stamps in now.items()
            if before.get(image) == stamps and given.get(image) != stamps
        ]
        given |= {pair.image: now[pair.image] for pair in ready}
        before = now
        if ready:
            yield ready
        sleep(interval)


def _stamps(pair: Pair) -> tuple[Stamp, ...] | None:
    if pair.problem:
        return None
    try:
        found = [path.stat() for path in (pair.image, pair.guide) if path is not None]
    except FileNotFoundError:
        return None
    return tuple((each.st_size, each.st_mtime_ns) for each in found)
