"""The pictures of a folder."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.errors import InputError

PICTURE_SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".pbm")
)


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture; hidden files are none."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def list_pictures(
    folder: Path, recursive: bool = True, without: tuple[Path, ...] = ()
) -> list[Path]:
    """Pictures in a folder and below it, sorted; hidden files and folders are passed over.

    ``without`` names folders that are left out, such as one for the outputs. Raises InputError
    when the folder is missing or cannot be listed.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder.", "Check the spelling.")
    left_out = {path.resolve() for path in without if path.exists()} - {folder.resolve()}
    found: list[Path] = []
    pending = [folder]
    try:
        while pending:
            for path in pending.pop().iterdir():
                if path.is_dir():
                    hidden = path.name.startswith(".") or path.is_symlink()
                    if recursive and not hidden and path.resolve() not in left_out:
                        pending.append(path)
                elif is_picture(path):
                    found.append(path)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be listed: {error.strerror}.") from error
    return sorted(found)
