"""Write mattes and cut-outs to picture files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_cli.errors import OutputError, UsageError
from indexnet_cli.imaging.encoding import encode_deep_png, encode_tiff
from indexnet_cli.imaging.placing import check_place, place_file
from indexnet_cli.imaging.tags import FileTags

Destination = str | Path | BinaryIO

_FORMATS = {
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
}
_DEEP = ("PNG", "TIFF")
_DEPTHS = {np.dtype(np.uint8): 8, np.dtype(np.uint16): 16}
NO_TAGS = FileTags()
_TRANSPARENT = ("PNG", "TIFF", "WEBP")
# Everything without loss but JPEG, which keeps its chroma at full size.
_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 4},
    "TIFF": {"compression": "tiff_adobe_deflate"},
    "WEBP": {"lossless": True, "exact": True},
    "JPEG": {"quality": 95, "subsampling": 0},
    "BMP": {},
}


def check_destination(
    destination: Destination, overwrite: bool = False, bits: int = 8, transparent: bool = False
) -> None:
    """Refuse before the work what could not be written after it.

    Raises UsageError for a suffix that is unknown or cannot hold bits or transparency, for a
    folder, and for a file that exists unless overwrite; OutputError for a folder that is missing
    or cannot be written.
    """
    _choose_format(destination, bits, transparent)
    if isinstance(destination, (str, Path)):
        check_place(destination, overwrite)


def write_alpha(
    alpha: NDArray[Any],
    destination: Destination,
    bits: int = 8,
    overwrite: bool = False,
    tags: FileTags = NO_TAGS,
) -> None:
    """Write a matte as a grey picture of 8 or 16 bits, rounded to the nearest level.

    alpha is HxW float in [0, 1] (beyond is clipped, NaN is 0). The suffix chooses PNG, TIFF, WebP,
    JPEG or BMP; a binary stream gets PNG. 16 bits fit PNG and TIFF only. Raises as
    ``check_destination``, OutputError when it cannot be written, ValueError for another shape.
    """
    if alpha.ndim != 2:
        raise ValueError(f"alpha must be HxW, not {alpha.shape}")
    kind = _choose_format(destination, bits, transparent=False)
    white = (1 << bits) - 1
    # float64, because white * alpha + rounding needs more than 24 bits to be exact at 16.
    levels = np.rint(np.clip(np.nan_to_num(alpha.astype(np.float64)), 0.0, 1.0) * white)
    levels = levels.astype(np.uint8 if bits == 8 else np.uint16)
    image = Image.fromarray(levels)
    _place(_encode(image, kind, destination, tags.without_profile()), destination, overwrite)


def write_levels(
    levels: NDArray[np.uint8], destination: Destination, overwrite: bool = False
) -> None:
    """Write a trimap (HxW uint8) level by level. Suffixes and errors as ``write_alpha``."""
    kind = _choose_format(destination, 8, transparent=False)
    _place(_encode(Image.fromarray(levels), kind, destination, NO_TAGS), destination, overwrite)


def write_rgba(
    pixels: NDArray[Any],
    destination: Destination,
    overwrite: bool = False,
    tags: FileTags = NO_TAGS,
) -> None:
    """Write colours, with or without transparency, and with what the photograph's file told.

    pixels is HxWx4 or HxWx3 uint8 or uint16. The suffix chooses the format as in ``write_alpha``;
    HxWx4 fits PNG, TIFF and WebP only, uint16 PNG and TIFF. Raises as ``write_alpha``.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype not in _DEPTHS:
        raise ValueError(f"pixels must be HxWx3 or HxWx4 integers, not {pixels.shape}")
    bits = _DEPTHS[pixels.dtype]
    kind = _choose_format(destination, bits, transparent=pixels.shape[2] == 4)
    if kind == "TIFF":
        data = encode_tiff(pixels, tags)
    elif bits == 16:
        data = encode_deep_png(pixels, tags)
    else:
        data = _encode(Image.fromarray(np.ascontiguousarray(pixels)), kind, destination, tags)
    _place(data, destination, overwrite)


def fitting_bits(destination: Destination, bits: int) -> int:
    """``bits``, or 8 where the suffix of the destination goes with a format of 8 bits only."""
    if isinstance(destination, (str, Path)):
        kind = _FORMATS.get(Path(destination).suffix.lower(), "PNG")
        return bits if kind in _DEEP else 8
    return bits


def _choose_format(destination: Destination, bits: int, transparent: bool) -> str:
    if bits not in (8, 16):
        raise UsageError(f"A picture has 8 or 16 bits a channel, not {bits}.")
    if not isinstance(destination, (str, Path)):
        return "PNG"
    suffix = Path(destination).suffix.lower()
    kind = _FORMATS.get(suffix)
    if kind is None:
        raise UsageError(
            f"{destination}: no picture format goes with the suffix {suffix!r}.",
            "Use .png, .tif, .webp, .jpg or .bmp.",
        )
    if bits == 16 and kind not in _DEEP:
        raise UsageError(
            f"{destination}: {kind} holds 8 bits, not 16.", "Use .png or .tif for 16 bits."
        )
    if transparent and kind not in _TRANSPARENT:
        raise UsageError(
            f"{destination}: {kind} holds no transparency.", "Use .png, .tif or .webp."
        )
    return kind


def _encode(image: Image.Image, kind: str, destination: Destination, tags: FileTags) -> bytes:
    encoded = io.BytesIO()
    options = dict(_OPTIONS[kind])
    told = {"dpi": tags.dpi, "icc_profile": tags.icc_profile, "exif": tags.exif}
    if kind == "TIFF":  # Pillow cannot put EXIF beside compression
        del told["exif"]
    if kind != "BMP":
        options |= {name: value for name, value in told.items() if value}
    try:
        image.save(encoded, format=kind, **options)
    except (OSError, ValueError, SystemError) as error:
        raise OutputError(
            f"{_name(destination)}: {kind} cannot hold {image.width} x {image.height} pixels "
            f"({error}).",
            "Use .png or .tif.",
        ) from error
    return encoded.getvalue()


def _place(data: bytes, destination: Destination, overwrite: bool) -> None:
    if isinstance(destination, (str, Path)):
        place_file(data, destination, overwrite)
        return
    try:
        destination.write(data)
        destination.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{_name(destination)} cannot be written: {reason}.") from error


def _name(destination: Destination) -> str:
    return str(destination) if isinstance(destination, (str, Path)) else "standard output"
