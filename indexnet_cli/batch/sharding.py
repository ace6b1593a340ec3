"""One part of the work, for several processes or machines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from indexnet_cli.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """Part ``index`` (from 1) of ``count``."""

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise UsageError(
                f"There is no part {self.index} of {self.count}.", "Say --shard 1/4 to 4/4."
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``2/4``. Raises UsageError."""
        try:
            index, count = (int(part) for part in text.split("/"))
        except ValueError:
            raise UsageError(f"{text!r} is no shard.", "Say --shard 1/4 to 4/4.") from None
        return cls(index, count)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Shard:
        """The part that torchrun's RANK and WORLD_SIZE name; all without them."""
        rank, world = environment.get("RANK"), environment.get("WORLD_SIZE")
        return cls() if rank is None or world is None else cls(int(rank) + 1, int(world))

    @property
    def suffix(self) -> str:
        """For names of files that every part writes for itself; empty where there is one part."""
        return "" if self.count == 1 else f"-{self.index}of{self.count}"

    def part_of(self, items: Sequence[T]) -> list[T]:
        """Every ``count``-th item: neighbours, often of one size, go to different processes."""
        return list(items[self.index - 1 :: self.count])

    def takes(self, name: str) -> bool:
        """Whether the picture of this name is this part's, whatever others there are or will be."""
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1
