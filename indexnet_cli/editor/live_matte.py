"""The matte of a trimap that is being painted, kept fresh on a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.editor.preview import PreviewPace, matte_near
from indexnet_cli.editor.session import NOTHING, Session
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.regions import Region
from indexnet_cli.errors import DeviceError, IndexnetError
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.levels import convert_depth, from_float
from indexnet_cli.imaging.trimaps import FOREGROUND, UNKNOWN

IDLE = 0.8  # seconds without a change, after which the whole picture is matted
MOST_UPDATES = 256


@dataclass(frozen=True)
class Patch:
    """A region of alpha (h x w) and of the foreground's colours (h x w x 3), both uint8.

    ``revision`` is that of the trimap which all of the matte takes into account; ``exact``: the
    matte is that of the whole picture in one go, not a preview.
    """

    region: Region
    alpha: NDArray[np.uint8]
    foreground: NDArray[np.uint8]
    serial: int
    revision: int
    exact: bool
    problem: str


class _Superseded(Exception):  # noqa: N818 - no error: the work is not wanted any more
    pass


class LiveMatte:
    """Mattes what changes at once, from its surroundings, and the whole picture when all is quiet.

    Known pixels are always exactly 0 or 1. A preview sees a crop, reduced where it is large, so
    that it takes about half a second whatever the device, and may be computed by another
    ``quick`` Matter; the exact pass is the one of ``Matter.matte`` and gives way to new strokes.
    """

    def __init__(
        self, session: Session, matter: Matter, quick: Matter | None = None, idle: float = IDLE
    ) -> None:
        self._session = session
        self._matter = matter
        self._quick = quick or matter
        self._idle = idle
        self._pixels = convert_depth(session.picture.pixels, np.uint8)
        height, width = session.size
        self._alpha = np.zeros((height, width), np.float32)
        self._foreground = self._pixels.copy()
        self._pace = PreviewPace()
        self._changed = threading.Condition(session.lock)
        self._dirty = Region.whole(height, width)
        self._changed_at = time.monotonic() - idle
        self._matted_revision = session.revision
        self._exact_revision = -1
        self._updates = [(1, Region.whole(height, width))]
        self._serial = 1
        self._savers = 0
        self._problem = ""
        self._whole_in_work = False
        self._closed = False
        session.on_change = self._note
        self._settle(Region.whole(height, width))
        matter.on_progress = self._give_way
        self._thread = threading.Thread(target=self._run, name="matte", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, after what it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def patch_after(self, serial: int, timeout: float) -> Patch | None:
        """What changed of the matte since ``serial``, all in one region; None if nothing does."""
        with self._changed:
            self._changed.wait_for(lambda: self._serial > serial or self._closed, timeout)
            if self._serial <= serial:
                return None
            newer = [region for number, region in self._updates if number > serial]
            region = Region.whole(*self._session.size)
            if newer and self._updates[0][0] <= serial + 1:
                region = newer[0]
                for other in newer[1:]:
                    region = region.around(other)
            return Patch(
                region,
                from_float(self._alpha[region.slices], np.uint8),
                self._foreground[region.slices].copy(),
                self._serial,
                self._matted_revision,
                self._exact_revision == self._session.revision,
                self._problem,
            )

    def exact(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The trimap and its exact matte, as soon as that is computed. Raises what it raised."""
        with self._changed:
            self._savers += 1
            self._problem = ""
            self._changed.notify_all()
            try:
                self._changed.wait_for(
                    lambda: (
                        self._exact_revision == self._session.revision
                        or self._problem
                        or self._closed
                    )
                )
            finally:
                self._savers -= 1
            if self._exact_revision != self._session.revision:
                raise DeviceError(self._problem or "The editor was closed.")
            return self._session.trimap.copy(), self._alpha.copy()

    def _note(self, region: Region) -> None:
        """A change of the trimap; the session is locked."""
        if min(region.size) > 0:
            self._settle(region)
            self._dirty = region if self._dirty == NOTHING else self._dirty.around(region)
        self._changed_at = time.monotonic()
        self._problem = ""
        self._changed.notify_all()

    def _settle(self, region: Region) -> None:
        """Known pixels are told by the trimap alone."""
        trimap, alpha = self._session.trimap[region.slices], self._alpha[region.slices]
        alpha[trimap != UNKNOWN] = trimap[trimap != UNKNOWN] == FOREGROUND

    def _publish(self, region: Region) -> None:
        self._serial += 1
        self._updates.append((self._serial, region))
        del self._updates[:-MOST_UPDATES]
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, self._until_idle())
                if self._closed:
                    return
                if not self._has_work():
                    continue
                dirty, self._dirty = self._dirty, NOTHING
            try:
                if dirty != NOTHING:
                    self._preview(dirty)
                else:
                    self._whole()
            except _Superseded:
                continue
            except (IndexnetError, MemoryError, RuntimeError) as error:
                with self._changed:  # the page tells it; the next stroke is tried again
                    self._problem = str(error) or type(error).__name__
                    self._publish(Region(0, 1, 0, 1))

    def _has_work(self) -> bool:
        if self._closed or self._dirty != NOTHING:
            return True
        if self._exact_revision == self._session.revision or self._problem:
            return False
        return bool(self._savers) or time.monotonic() - self._changed_at >= self._idle

    def _until_idle(self) -> float | None:
        if self._exact_revision == self._session.revision or self._problem:
            return None
        return max(self._changed_at + self._idle - time.monotonic(), 0.01)

    def _give_way(self, _done: int, _total: int) -> None:
        if self._closed or (self._whole_in_work and self._dirty != NOTHING):
            raise _Superseded

    def _preview(self, dirty: Region) -> None:
        trimap, revision = self._session.copy_trimap()
        found = matte_near(self._quick, self._pixels, trimap, dirty, self._pace)
        with self._changed:
            inner = found.region
            self._alpha[inner.slices] = found.alpha
            self._foreground[inner.slices] = from_float(found.foreground, np.uint8)
            self._settle(inner)  # it may have been painted on since
            self._matted_revision = revision
            self._publish(inner)

    def _whole(self) -> None:
        trimap, revision = self._session.copy_trimap()
        self._whole_in_work = True
        try:
            alpha = self._matter.matte(self._session.picture.pixels, trimap)
        finally:
            self._whole_in_work = False
        foreground = from_float(estimate_foreground(self._pixels, alpha), np.uint8)
        with self._changed:
            if revision != self._session.revision:
                return
            self._alpha, self._foreground = alpha, foreground
            self._exact_revision = self._matted_revision = revision
            self._publish(_around_unknown(trimap))


def _around_unknown(trimap: NDArray[np.uint8]) -> Region:
    """Where a matte can differ from its trimap; a pixel where it cannot."""
    unknown = trimap == UNKNOWN
    rows, columns = np.flatnonzero(unknown.any(1)), np.flatnonzero(unknown.any(0))
    if not rows.size:
        return Region(0, 1, 0, 1)
    return Region(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
