"""A picture and the trimap that is painted for it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.editor.drawing import fill, paint, stroke_region
from indexnet_cli.editor.history import Change, History
from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.operations import Fill, Operation, Paint, Redo, Replace, Undo
from indexnet_cli.engine.regions import Region
from indexnet_cli.errors import InputError
from indexnet_cli.imaging.reading import Picture
from indexnet_cli.imaging.trimaps import BACKGROUND

NOTHING = Region(0, 0, 0, 0)


class Session:
    """The trimap, its history and its journal; any thread may call.

    It begins with what the journal holds, all background without any. ``revision`` counts the
    operations; ``on_change`` is called with the region of each, while the session is locked.
    """

    def __init__(self, picture: Picture, journal: EditJournal) -> None:
        self.picture = picture
        self.journal = journal
        self.trimap: NDArray[np.uint8] = np.full(picture.pixels.shape[:2], BACKGROUND, np.uint8)
        self.history = History()
        self.revision = 0
        self.lock = threading.RLock()
        self.on_change: Callable[[Region], None] = lambda _region: None
        self._seen: set[tuple[str, int]] = set()
        self._starts: set[str] = set()
        for operation in journal.operations():
            key = (operation.name, operation.part)
            if key not in self._seen:  # a full disk can have made it record one twice
                self._seen.add(key)
                self._perform(operation)
                self.revision += 1

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.trimap.shape[0], self.trimap.shape[1]

    def apply(self, operation: Operation) -> Region:
        """Journal an operation, then do it; the region that changed. A repetition does nothing."""
        with self.lock:
            key = (operation.name, operation.part)
            if key in self._seen:
                return NOTHING
            self.journal.append(operation)
            self._seen.add(key)
            region = self._perform(operation)
            self.revision += 1
            self.on_change(region)
            return region

    def start_with(self, trimap: NDArray[np.uint8], again: bool = True) -> Region:
        """Replace the whole trimap, as one step that can be undone.

        Without ``again``, nothing happens where that was done before with this very trimap, or
        where it is what stands.
        """
        with self.lock:
            if not again and np.array_equal(trimap, self.trimap):
                return NOTHING
            digest = self.journal.keep_trimap(trimap)
            if not again and digest in self._starts:
                return NOTHING
            return self.apply(Replace(secrets.token_hex(8), 0, digest))

    def copy_trimap(self) -> tuple[NDArray[np.uint8], int]:
        """The trimap as it is, and its revision."""
        with self.lock:
            return self.trimap.copy(), self.revision

    def _perform(self, operation: Operation) -> Region:
        if isinstance(operation, Undo):
            return self.history.undo(self.trimap) or NOTHING
        if isinstance(operation, Redo):
            return self.history.redo(self.trimap) or NOTHING
        if isinstance(operation, Paint):
            region = stroke_region(operation, *self.size)
            before = self.trimap[region.slices].copy()
            paint(self.trimap, operation)
        elif isinstance(operation, Fill):
            whole = self.trimap.copy()
            region = fill(self.trimap, operation)
            before = whole[region.slices]
        else:
            assert isinstance(operation, Replace)
            self._starts.add(operation.digest)
            region = Region.whole(*self.size)
            before = self.trimap.copy()
            self.trimap[:] = self._kept(operation.digest)
        if before.size:
            change = Change.between(before, self.trimap[region.slices], region)
            self.history.add(operation.name, change)
        return region

    def _kept(self, digest: str) -> NDArray[np.uint8]:
        trimap = self.journal.kept_trimap(digest)
        if trimap.shape != self.trimap.shape:
            raise InputError("The trimap is not of the picture's size.")
        return trimap
