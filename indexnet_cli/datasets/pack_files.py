"""Where the files of an open pack lie: in a folder, or in one zip file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Protocol

from indexnet_cli.errors import InputError

MANIFEST = "manifest.csv"


class PackFiles(Protocol):
    """Files by their names below the pack's root, as ``fg/cup.webp``."""

    def has(self, name: str) -> bool:
        """Whether there is a file ``name``, or for ``fg/`` a folder."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        ...


class FolderFiles:
    """The files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, name: str) -> bool:
        """Whether it is there."""
        return (self.root / name).exists()

    def read(self, name: str) -> bytes:
        """Its bytes. Raises InputError where it cannot be read."""
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise InputError(f"{self.root / name} cannot be read: {error.strerror}.") from error


class ZipFiles:
    """The files in a zip file, which each process opens for itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        self._names = frozenset(self._opened().namelist())

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_archive": None}

    def has(self, name: str) -> bool:
        """Whether it is there."""
        if name.endswith("/"):
            return any(known.startswith(name) for known in self._names)
        return name in self._names

    def read(self, name: str) -> bytes:
        """Its bytes. Raises InputError where they are damaged."""
        try:
            return self._opened().read(name)
        except (OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{self.path}: {name} cannot be read ({error}).") from error

    def _opened(self) -> zipfile.ZipFile:
        if self._archive is None:
            try:
                self._archive = zipfile.ZipFile(self.path)
            except (OSError, zipfile.BadZipFile) as error:
                raise InputError(f"{self.path}: no zip file, or damaged ({error}).") from error
        return self._archive


def open_pack_files(root: Path) -> PackFiles:
    """The files of the pack at ``root``. Raises InputError where there is nothing."""
    if root.is_dir():
        return FolderFiles(root)
    if root.is_file():
        return ZipFiles(root)
    raise InputError(
        f"{root}: no such folder or file.",
        f"--data-dir takes the folder that holds fg/, bg/, alpha/ and {MANIFEST}, or its zip file.",
    )


def is_open_pack(root: Path) -> bool:
    """Whether a folder, or a zip file, is laid out as our own pack (it has manifest.csv)."""
    if root.is_file() and zipfile.is_zipfile(root):
        return ZipFiles(root).has(MANIFEST)
    return (root / MANIFEST).is_file()
