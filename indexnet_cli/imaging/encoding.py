"""Encode what Pillow does not: 16 bits a colour channel, and TIFF with EXIF."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from indexnet_cli.imaging.tags import CAMERA, PLACE, FileTags

_INCH = 0.0254
_AFTER_HEADER = 8 + 25  # signature and IHDR
_DEFLATE, _RGB, _STRAIGHT_ALPHA, _HORIZONTAL, _PER_INCH = 8, 2, 2, 2, 2


def encode_deep_png(pixels: NDArray[np.uint16], tags: FileTags) -> bytes:
    """PNG of HxWx3 or HxWx4 uint16, with profile, resolution and EXIF."""
    import cv2

    order = [2, 1, 0, 3][: pixels.shape[2]]
    done, data = cv2.imencode(
        ".png", np.ascontiguousarray(pixels[..., order]), [cv2.IMWRITE_PNG_COMPRESSION, 4]
    )
    if not done:
        raise OSError("the encoder failed")
    encoded = data.tobytes()
    extra = b""
    if tags.icc_profile:
        extra += _chunk(b"iCCP", b"profile\0\0" + zlib.compress(tags.icc_profile))
    if tags.dpi:
        dots = (round(value / _INCH) for value in tags.dpi)
        extra += _chunk(b"pHYs", struct.pack(">IIB", *dots, 1))
    if tags.exif:
        extra += _chunk(b"eXIf", tags.exif.removeprefix(b"Exif\0\0"))
    return encoded[:_AFTER_HEADER] + extra + encoded[_AFTER_HEADER:]


def encode_tiff(pixels: NDArray[Any], tags: FileTags) -> bytes:
    """TIFF (deflate, one strip) of HxWx3 or HxWx4 uint8 or uint16, with all tags."""
    height, width, channels = pixels.shape
    # Differences along rows, modulo the range, compress better (TIFF 6.0, predictor 2).
    steps = pixels.astype(pixels.dtype.newbyteorder("<"))
    steps[:, 1:] -= pixels[:, :-1]
    strip = zlib.compress(steps.tobytes(), 6)
    entries = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    entries[256], entries[257] = width, height
    entries[258] = (8 * pixels.dtype.itemsize,) * channels
    entries[259], entries[262] = _DEFLATE, _RGB
    entries[273] = 0  # counted from the end of the entries
    entries[277], entries[278], entries[279] = channels, height, len(strip)
    entries[317] = _HORIZONTAL
    if channels == 4:
        entries[338] = _STRAIGHT_ALPHA
    if tags.dpi:
        entries[282], entries[283], entries[296] = *tags.dpi, _PER_INCH
    if tags.icc_profile:
        entries.tagtype[34675] = 7
        entries[34675] = tags.icc_profile
    if tags.exif:
        _add_exif(entries, tags.exif)
    return b"II*\0" + struct.pack("<I", 8) + entries.tobytes(8) + strip


def _add_exif(entries: TiffImagePlugin.ImageFileDirectory_v2, data: bytes) -> None:
    exif = Image.Exif()
    exif.load(data)
    for tag, value in exif.items():
        if tag in (CAMERA, PLACE):
            value = exif.get_ifd(tag)
            entries.tagtype[tag] = TiffImagePlugin.TiffTags.LONG
        entries[tag] = value


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
