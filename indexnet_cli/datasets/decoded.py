"""Decoded pictures on disk, memory-mapped: a crop reads only the rows that it needs."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.checkpoints.cache import cache_dir
from indexnet_cli.errors import OutputError
from indexnet_cli.imaging.reading import read_image, read_levels, read_trimap
from indexnet_cli.imaging.trimap_recipes import aimnet_usr

Pixels = NDArray[np.uint8]

DEFAULT_BYTES = 32 * 2**30
_DISK_SHARE = 0.5  # of what is free
_OPEN_MAPS = 4096
_WRITES_UNTIL_COUNT = 200
_LONGEST_WRITE = 3600.0  # seconds
FARTHEST = 255


class DecodedStore:
    """Decodes each file once, into ``folder``, which all workers and later runs share.

    An entry's name is a hash of path, size and time of change, so that a file that is replaced is
    decoded anew. Beyond ``most_bytes`` entries that were not used for longest go when a store is
    opened. Where there is no room for another (``most_bytes``, or half of what was free on the
    disk), pictures are decoded each time. Raises OutputError when the folder cannot be written.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = DEFAULT_BYTES) -> None:
        self.folder = folder or cache_dir() / "decoded"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self._maps: OrderedDict[tuple[str, Path], Pixels] = OrderedDict()
        self.most_bytes = most_bytes
        self._left_free = int(_DISK_SHARE * shutil.disk_usage(self.folder).free)
        self._used, self._writes = self._make_room(), 0

    def __getstate__(self) -> dict[str, object]:
        # Workers are started by pickling: they map the files themselves.
        return {**self.__dict__, "_maps": OrderedDict()}

    def colours(self, path: Path) -> Pixels:
        """A photograph or foreground, HxWx3 uint8 sRGB."""
        return self._get("colours", path, _read_colours)

    def alpha(self, path: Path) -> Pixels:
        """A matte, HxW uint8."""
        return self._get("alpha", path, _read_alpha)

    def trimap(self, path: Path) -> Pixels:
        """A trimap or unified semantic representation, HxW uint8 of 0, 128 and 255."""
        return self._get("trimap", path, lambda file: read_trimap(file)[0])

    def usr(self, path: Path, kind: str) -> Pixels:
        """AIM's unified semantic representation of a matte for a type SO, STM or NS; HxW uint8."""
        return self._get(f"usr {kind}", path, lambda file: aimnet_usr(self.alpha(file), kind))

    def reach(self, path: Path) -> Pixels:
        """How far the nearest fractional pixel of a matte is, rounded up: HxW uint8, 255 for more.

        For a whole number d, ``reach <= d`` is exactly where the distance is at most d: trimaps of
        a crop need no distance transform any more.
        """
        return self._get("reach", path, lambda file: distance_to_fractional(self.alpha(file)))

    def _get(self, kind: str, path: Path, read: Callable[[Path], Pixels]) -> Pixels:
        key = (kind, path)
        found = self._maps.get(key)
        if found is not None:
            self._maps.move_to_end(key)
            return found
        entry = self.folder / f"{_identity(kind, path)}.npy"
        mapped = _mapped(entry)
        if mapped is None:
            pixels = read(path)
            if not self._has_room(pixels.nbytes):
                return pixels
            self._write(pixels, entry)
            mapped = _mapped(entry)
            if mapped is None:  # another process has made room
                return pixels
        self._maps[key] = mapped
        if len(self._maps) > _OPEN_MAPS:
            self._maps.popitem(last=False)
        return mapped

    def _write(self, pixels: Pixels, entry: Path) -> None:
        temporary = entry.with_name(f".{entry.name}-{secrets.token_hex(8)}.part")
        try:
            with temporary.open("wb") as file:
                np.save(file, np.ascontiguousarray(pixels), allow_pickle=False)
            temporary.replace(entry)  # two workers may write the same; either is whole
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finally:
            temporary.unlink(missing_ok=True)
        self._used += pixels.nbytes
        self._writes += 1

    def _has_room(self, size: int) -> bool:
        if self._writes >= _WRITES_UNTIL_COUNT:  # other workers write too
            self._used, self._writes = sum(entry.st_size for _, entry in self._entries()), 0
        free = shutil.disk_usage(self.folder).free
        return self._used + size <= self.most_bytes and free - size >= self._left_free

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        return [(path, path.stat()) for path in self.folder.glob("*.npy")]

    def _make_room(self) -> int:
        for left in self.folder.glob(".*.part"):  # by workers that were killed
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _LONGEST_WRITE:
                    left.unlink()
        entries = self._entries()
        used = sum(about.st_size for _, about in entries)
        for path, about in sorted(entries, key=lambda entry: entry[1].st_atime):
            if used <= self.most_bytes:
                break
            path.unlink(missing_ok=True)
            used -= about.st_size
        return used


def distance_to_fractional(alpha: Pixels) -> Pixels:
    """Distance of each pixel to the nearest with 0 < alpha < 255, rounded up; HxW uint8, <= 255."""
    fractional = (alpha > 0) & (alpha < 255)
    if not fractional.any():
        return np.full(alpha.shape, FARTHEST, np.uint8)
    away = (~fractional).astype(np.uint8)
    distance = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.minimum(np.ceil(distance), FARTHEST).astype(np.uint8)


def _mapped(entry: Path) -> Pixels | None:
    """The pixels of an entry; ``None`` where there is none, or half of one after a power cut."""
    try:
        return np.asanyarray(np.load(entry, mmap_mode="r", allow_pickle=False))
    except FileNotFoundError:
        return None
    except (ValueError, EOFError):
        entry.unlink(missing_ok=True)
        return None


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"decoded pictures cannot be kept in {folder}: {error.strerror or error}.",
        "Set INDEXNET_HOME to a folder that can be written, on a disk with room.",
    )


def _identity(kind: str, path: Path) -> str:
    about = path.stat()
    text = f"{kind}\0{os.path.realpath(path)}\0{about.st_size}\0{about.st_mtime_ns}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def _read_colours(path: Path) -> Pixels:
    pixels = read_image(path).pixels
    return pixels if pixels.dtype == np.uint8 else np.rint(pixels / 257).astype(np.uint8)


def _read_alpha(path: Path) -> Pixels:
    levels = read_levels(path)
    return levels if levels.dtype == np.uint8 else np.rint(levels / 257).astype(np.uint8)
