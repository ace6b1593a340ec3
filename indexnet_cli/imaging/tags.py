"""What a picture file says beside its pixels, and how it travels on into the outputs."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

# Description, camera, software, date, author, copyright: of the photograph, not of its encoding.
_KEPT = (270, 271, 272, 305, 306, 315, 33432)
CAMERA, PLACE = 0x8769, 0x8825
# Sizes and the maker's notes, whose offsets mean nothing in another file.
_DROPPED_FROM_CAMERA = (0xA002, 0xA003, 0x927C, 0xA005)
_ERRORS = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, RuntimeError)


@dataclass(frozen=True)
class FileTags:
    """Colour profile, resolution in dots per inch (x, y), and EXIF without orientation."""

    icc_profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None

    def without_profile(self) -> FileTags:
        """The same for a picture that holds no colours, or other ones."""
        return replace(self, icc_profile=None)


def read_tags(image: Image.Image) -> FileTags:
    """Tags of an opened and loaded picture; what is damaged is left out."""
    profile = image.info.get("icc_profile") or None
    return FileTags(profile if isinstance(profile, bytes) else None, _dpi(image), _exif(image))


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        x, y = (float(value) for value in image.info["dpi"])
    except (*_ERRORS, ZeroDivisionError):
        return None
    return (x, y) if 1 <= x <= 1e6 and 1 <= y <= 1e6 else None


def _exif(image: Image.Image) -> bytes | None:
    try:
        found = image.getexif()
        kept = Image.Exif()
        for tag in _KEPT:
            if tag in found:
                kept[tag] = found[tag]
        for folder in (CAMERA, PLACE):
            entries: dict[int, Any] = dict(found.get_ifd(folder))
            for tag in _DROPPED_FROM_CAMERA:
                entries.pop(tag, None)
            if entries:
                kept.get_ifd(folder).update(entries)
                kept[folder] = entries
        return kept.tobytes() if len(kept) else None
    except (*_ERRORS, struct.error):
        return None
