"""The open pack: cut-outs, photographs and grey mattes, decoded on first use and kept in memory."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.pack_files import MANIFEST, open_pack_files
from indexnet_cli.errors import InputError

FOLDERS = ("fg", "bg", "alpha")
RENDERED = "rendered"  # path-traced cut-outs, which not every pack has
SPLITS = ("train", "validation")
VALIDATION_SHARE = 0.08
_FLAGS = {
    "fg": cv2.IMREAD_UNCHANGED,
    "bg": cv2.IMREAD_COLOR,
    "alpha": cv2.IMREAD_GRAYSCALE,
    RENDERED: cv2.IMREAD_UNCHANGED,
}


def split_of(name: str) -> str:
    """Say whether a file belongs to ``train`` or ``validation``, by a hash of its stem.

    Crops of one panorama (``town_c1``, ``town_c2``) and a matte with its cut-out stay together.
    """
    return "validation" if chance_of(name) < VALIDATION_SHARE else "train"


def chance_of(name: str) -> float:
    """A number in [0, 1) from the hash of a file's stem, the same for crops of one picture."""
    stem = re.sub(r"_c\d+$", "", Path(name).stem)
    return int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4], "big") / 2**32


class Pack:
    """Pictures under ``root``, a folder or zip file of fg/, bg/, alpha/ and manifest.csv.

    There may be a folder rendered/, too, as ``datasets/rendering`` makes it.
    Decoded pictures are kept up to ``cache_bytes``. Raises InputError where a folder, the manifest
    or a listed file is missing.
    """

    def __init__(self, root: str | Path, cache_bytes: int = 768 * 2**20) -> None:
        self.root = Path(root)
        self._files = open_pack_files(self.root)
        self._names = self._list_names()
        self._cache: dict[str, NDArray[np.uint8]] = {}
        self._room = cache_bytes

    def __getstate__(self) -> dict[str, object]:
        # Workers are started by pickling: they decode what they need themselves.
        kept = sum(picture.nbytes for picture in self._cache.values())
        return {**self.__dict__, "_cache": {}, "_room": self._room + kept}

    def _list_names(self) -> dict[tuple[str, str], list[str]]:
        hint = f"--data-dir takes the folder that holds fg/, bg/, alpha/ and {MANIFEST}."
        wanted = [*(f"{folder}/" for folder in FOLDERS), MANIFEST]
        missing = [name for name in wanted if not self._files.has(name)]
        if missing:
            raise InputError(f"{self.root} is not a training pack: no {', '.join(missing)}.", hint)
        listed = sorted(row.get("file") or "" for row in csv.DictReader(self._manifest()))
        names: dict[tuple[str, str], list[str]] = {}
        for name in listed:
            folder = name.split("/")[0]
            if folder in _FLAGS:
                names.setdefault((folder, split_of(name)), []).append(name)
        for folder in dict.fromkeys([*FOLDERS, *(folder for folder, _ in names)]):
            files = [name for split in SPLITS for name in names.get((folder, split), [])]
            if not files:
                raise InputError(f"{self.root}/{MANIFEST} lists no file of {folder}/.", hint)
            absent = [name for name in files if not self._files.has(name)]
            if absent:
                count = len(absent)
                raise InputError(f"{self.root}: {count} listed files are missing ({absent[0]}).")
            for split in SPLITS:  # a pack too small to be split serves both
                names.setdefault((folder, split), files)
        return names

    def _manifest(self) -> io.StringIO:
        try:
            return io.StringIO(self._files.read(MANIFEST).decode("utf-8"), newline="")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.root}/{MANIFEST}: no text ({error}).") from error

    def has(self, folder: str) -> bool:
        """Whether files of this folder are listed; ``rendered`` may be missing."""
        return (folder, SPLITS[0]) in self._names

    def names(self, folder: str, split: str) -> list[str]:
        """List the files of ``fg``, ``bg``, ``alpha`` or ``rendered`` in one split, sorted."""
        return self._names[folder, split]

    def read(self, name: str) -> NDArray[np.uint8]:
        """Decode a file, uint8: a photograph HxWx3 RGB, a grey matte HxW, others HxWx4 RGBA."""
        picture = self._cache.get(name)
        if picture is None:
            picture = self._decode(name)
            if picture.nbytes <= self._room:
                self._room -= picture.nbytes
                self._cache[name] = picture
        return picture

    def _decode(self, name: str) -> NDArray[np.uint8]:
        data = np.frombuffer(self._files.read(name), np.uint8)
        folder = name.split("/")[0]
        picture = cv2.imdecode(data, _FLAGS[folder]) if data.size else None
        if picture is None:
            raise InputError(f"{self.root / name}: not a picture, or damaged.")
        if folder == "alpha":
            return picture.astype(np.uint8, copy=False)
        if folder == "bg":
            return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        if picture.ndim != 3 or picture.shape[2] != 4:
            raise InputError(f"{self.root / name}: a cut-out without an alpha channel.")
        return cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA).astype(np.uint8, copy=False)


class PackPart:
    """One split of a pack, from which pictures are drawn by chance."""

    def __init__(self, pack: Pack, split: str) -> None:
        self.pack = pack
        self.split = split

    def _pick(self, rng: np.random.Generator, folder: str) -> NDArray[np.uint8]:
        names = self.pack.names(folder, self.split)
        return self.pack.read(names[int(rng.integers(len(names)))])

    def cut_out(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw a cut-out, HxWx4 uint8 RGBA."""
        return self._pick(rng, "fg")

    def render(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw a path-traced cut-out, HxWx4 uint8 RGBA."""
        return self._pick(rng, RENDERED)

    def photograph(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw a photograph, HxWx3 uint8 RGB."""
        return self._pick(rng, "bg")

    def grey_matte(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Draw a grey matte, HxW uint8."""
        return self._pick(rng, "alpha")
