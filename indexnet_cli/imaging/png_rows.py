"""Whether a PNG file holds all of its rows, which decoders do not ask where its data end early."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from PIL import Image

_SIGNATURE = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
# First column and row, and the steps between columns and rows, of Adam7's passes (PNG, 8.2).
ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE = 1 << 20


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour_type: int
    compression: int
    filtering: int
    interlaced: int


def check_rows(image: Image.Image, handle: BinaryIO) -> None:
    """Raise ValueError where the compressed data of a loaded PNG end before its last row.

    Pillow and OpenCV leave such rows black. A last row with anything in it was in the file, so that
    most pictures need not be inflated a second time.
    """
    position = handle.tell()
    try:
        handle.seek(_SIGNATURE)
        chunks = _chunks(handle)
        header = _Header(*struct.unpack(">2I5B", next(chunks)[1]))
        if header.interlaced or _last_row_is_black(image):
            wanted, found = _wanted(header), _inflated(chunks)
            if found < wanted:
                raise ValueError(f"{found:,} of {wanted:,} bytes of its rows")
    finally:
        handle.seek(position)


def _last_row_is_black(image: Image.Image) -> bool:
    row = image.crop((0, image.height - 1, image.width, image.height))
    return not any(row.tobytes())


def _chunks(handle: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Types and contents, as far as the file goes."""
    while len(start := handle.read(8)) == 8:
        length, kind = struct.unpack(">I4s", start)
        yield kind, handle.read(length)
        handle.read(4)


def _wanted(header: _Header) -> int:
    """Bytes of all rows, each with that of its filter."""
    passes = ADAM7 if header.interlaced else ((0, 0, 1, 1),)
    bits = header.depth * _CHANNELS[header.colour_type]
    total = 0
    for left, top, across, down in passes:
        columns = -((left - header.width) // across)
        rows = -((top - header.height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _inflated(chunks: Iterator[tuple[bytes, bytes]]) -> int:
    """How many bytes the picture's data make, a piece in memory at a time."""
    stream, total = zlib.decompressobj(), 0
    for kind, data in chunks:
        while kind == b"IDAT" and data and not stream.eof:
            total += len(stream.decompress(data, _PIECE))
            data = stream.unconsumed_tail
    return total
