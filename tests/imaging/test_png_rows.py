"""PNG files whose data end properly, but before the last row."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.png_rows import ADAM7
from indexnet_cli.imaging.reading import read_samples
from tests.imaging.pictures import encode, noise

HEIGHT, WIDTH = 13, 21


def png(rows: bytes, interlaced: bool = False, kind: tuple[int, int] = (8, 0)) -> io.BytesIO:
    """A file with these filtered rows, depth and colour type."""
    depth, colour_type = kind
    chunks = [(b"IHDR", struct.pack(">2I5B", WIDTH, HEIGHT, depth, colour_type, 0, 0, interlaced))]
    if colour_type == 3:
        chunks.append((b"PLTE", bytes(range(6))))
    data = zlib.compress(rows)
    half = len(data) // 2
    chunks += [(b"IDAT", data[:half]), (b"IDAT", data[half:]), (b"IEND", b"")]
    parts = (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def plain_rows(grey: NDArray[np.uint8]) -> list[bytes]:
    return [b"\0" + row.tobytes() for row in grey]


def interlaced_rows(grey: NDArray[np.uint8]) -> list[bytes]:
    passes = (grey[top::down, left::across] for left, top, across, down in ADAM7)
    return [row for one in passes if one.size for row in plain_rows(one)]


@pytest.mark.parametrize("interlaced", [False, True])
def test_all_rows_are_read(interlaced: bool) -> None:
    grey = noise(HEIGHT, WIDTH)
    rows = (interlaced_rows if interlaced else plain_rows)(grey)
    read = read_samples(png(b"".join(rows), interlaced)).values
    np.testing.assert_array_equal(read[..., 0], grey)


@pytest.mark.parametrize("missing", [1, 5, HEIGHT])
@pytest.mark.parametrize("interlaced", [False, True])
def test_missing_rows_are_told(interlaced: bool, missing: int) -> None:
    rows = (interlaced_rows if interlaced else plain_rows)(noise(HEIGHT, WIDTH))
    with pytest.raises(InputError, match="truncated or damaged"):
        read_samples(png(b"".join(rows[:-missing]), interlaced))


@pytest.mark.parametrize(
    ("kind", "row_bytes"), [((1, 0), 3), ((2, 3), 6), ((8, 2), 63), ((16, 2), 126), ((16, 6), 168)]
)
def test_of_any_kind(kind: tuple[int, int], row_bytes: int) -> None:
    row = b"\0" * (1 + row_bytes)
    assert read_samples(png(HEIGHT * row, kind=kind)).values.shape[:2] == (HEIGHT, WIDTH)
    with pytest.raises(InputError, match="of its rows"):
        read_samples(png((HEIGHT - 1) * row, kind=kind))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_black_pictures_are_whole(mode: str) -> None:
    black = encode(Image.new(mode, (WIDTH, HEIGHT)))
    assert not read_samples(io.BytesIO(black)).values.any()
