"""Steps that can be taken back and done again."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.engine.regions import Region


@dataclass(frozen=True)
class Change:
    """What a region of a trimap was and became, compressed."""

    region: Region
    before: bytes
    after: bytes

    @classmethod
    def between(cls, before: NDArray[np.uint8], after: NDArray[np.uint8], region: Region) -> Change:
        """The change of ``region`` from its values ``before`` to those ``after``."""
        return cls(region, *(zlib.compress(values.tobytes(), 1) for values in (before, after)))

    def put(self, trimap: NDArray[np.uint8], back: bool) -> None:
        """Write what was, or what became, into ``trimap``."""
        data = zlib.decompress(self.before if back else self.after)
        values = np.frombuffer(data, np.uint8).reshape(self.region.size)
        trimap[self.region.slices] = values


@dataclass
class Step:
    """The changes that one undo takes back."""

    name: str
    changes: list[Change]


@dataclass
class History:
    """Steps done, and steps taken back."""

    done: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)

    def add(self, name: str, change: Change) -> None:
        """A change that was made; it joins the last step if that has the same name."""
        self.undone.clear()
        if self.done and self.done[-1].name == name:
            self.done[-1].changes.append(change)
        else:
            self.done.append(Step(name, [change]))

    def undo(self, trimap: NDArray[np.uint8]) -> Region | None:
        """Take the last step back in ``trimap``; where it was, None if there is none."""
        if not self.done:
            return None
        step = self.done.pop()
        self.undone.append(step)
        for change in reversed(step.changes):
            change.put(trimap, back=True)
        return _whole(step)

    def redo(self, trimap: NDArray[np.uint8]) -> Region | None:
        """Do the step again that was last taken back; as ``undo``."""
        if not self.undone:
            return None
        step = self.undone.pop()
        self.done.append(step)
        for change in step.changes:
            change.put(trimap, back=False)
        return _whole(step)


def _whole(step: Step) -> Region:
    region = step.changes[0].region
    for change in step.changes[1:]:
        region = region.around(change.region)
    return region
