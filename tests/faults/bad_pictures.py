"""Pictures that are broken, odd, or meant to do harm, each as bytes with its file name."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from tests.imaging.pictures import deep_png, encode, noise, png_header

RGB = noise(20, 24, 3)
PNG = encode(RGB)
_SIGNATURE = 8


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    position = _SIGNATURE + 25
    return png[:position] + _chunk(kind, data) + png[position:]


def _frames(kind: str, **options: object) -> bytes:
    first, *rest = (Image.fromarray(noise(20, 24, 3, seed=seed)) for seed in range(3))
    return encode(first, kind, save_all=True, append_images=rest, **options)


def _flat_png(width: int, height: int) -> bytes:
    """A whole PNG of one colour, one bit a pixel: small as a file, large in memory."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + (width + 7) // 8)) for _ in range(height))
    chunks = ((b"IHDR", header), (b"IDAT", rows + packer.flush()), (b"IEND", b""))
    return PNG[:_SIGNATURE] + b"".join(_chunk(kind, data) for kind, data in chunks)


def _palette() -> bytes:
    image = Image.fromarray(noise(20, 24)).convert("P")
    return encode(image, "PNG", transparency=3)


def _damaged_exif() -> bytes:
    return encode(RGB, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(range(90)))


def _damaged_profile() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[128:400] = bytes(272)
    return encode(RGB, "PNG", icc_profile=bytes(profile))


def _tiff_directory_loop() -> bytes:
    """A TIFF whose second directory is its first."""
    data = bytearray(encode(RGB, "TIFF"))
    start = struct.unpack("<I", data[4:8])[0]
    (count,) = struct.unpack("<H", data[start : start + 2])
    data[start + 2 + 12 * count : start + 6 + 12 * count] = data[4:8]
    return bytes(data)


def truncated() -> dict[str, bytes]:
    """Four formats, each cut at twenty places."""
    files = {
        "png": PNG,
        "jpg": encode(RGB, "JPEG"),
        "webp": encode(RGB, "WEBP"),
        "tif": encode(RGB, "TIFF", compression="tiff_adobe_deflate"),
    }
    return {
        f"cut{place:02}-{suffix}.{suffix}": data[: max(1, int(len(data) * (place - 0.5) / 20))]
        for suffix, data in files.items()
        for place in range(1, 21)
    }


def refused() -> dict[str, bytes]:
    """What is no picture that can be matted."""
    return {
        "empty.png": b"",
        "text.png": b"not a picture at all, whatever its name says",
        "page.jpg": b"<!DOCTYPE html><html><body>404</body></html>",
        "animated.png": _frames("GIF", duration=40),
        "zeros.jpg": bytes(4096),
        "noise.webp": noise(4096).tobytes(),
        "no-width.png": png_header(0, 5),
        "no-height.png": png_header(5, 0),
        "no-width.ppm": b"P6 0 5 255\n",
        "no-height.bmp": _bmp(5, 0),
        "negative.ppm": b"P6 -5 5 255\n" + bytes(75),
        "huge-header.png": png_header(60_000, 60_000),
        "huge-header.bmp": _bmp(1_000_000, 1_000_000),
        "bomb.png": _flat_png(40_000, 13_000),
        "text-bomb.png": _with_chunk(PNG, b"zTXt", b"k\0\0" + zlib.compress(bytes(90 << 20), 9)),
        "wrong-checksum.png": PNG[:60] + bytes([PNG[60] ^ 255]) + PNG[61:],
        "psd.png": b"8BPS\0\1" + bytes(200),
    }


def _bmp(width: int, height: int) -> bytes:
    data = bytearray(encode(RGB, "BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def accepted() -> dict[str, bytes]:
    """What is odd and still a picture."""
    tall = noise(8_000, 1, 3)
    alpha = noise(20, 24, 4)
    floats = noise(20, 24).astype(np.float32) / 255
    broken = floats.copy()
    broken[3, 4:7] = (np.nan, np.inf, -np.inf)
    return {
        "jpeg-inside.png": encode(RGB, "JPEG"),
        "animated.webp": _frames("WEBP", duration=40),
        "animated-png.png": _frames("PNG", duration=40),
        "pages.tif": _frames("TIFF"),
        "loop.tif": _tiff_directory_loop(),
        "one.png": encode(noise(1, 1, 3)),
        "row.png": encode(noise(1, 7, 3)),
        "column.jpg": encode(noise(7, 1, 3), "JPEG"),
        "tall.png": encode(tall),
        "wide.png": encode(np.ascontiguousarray(tall.swapaxes(0, 1))),
        "exif.jpg": _damaged_exif(),
        "profile.png": _damaged_profile(),
        "profile-noise.jpg": encode(RGB, "JPEG", icc_profile=noise(500).tobytes()),
        "cmyk.jpg": encode(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
        "cmyk.tif": encode(Image.fromarray(RGB).convert("CMYK"), "TIFF"),
        "lab.tif": encode(Image.fromarray(RGB).convert("LAB"), "TIFF"),
        "deep.png": deep_png(noise(20, 24, 3, dtype=np.uint16)),
        "deep-grey.png": encode(noise(20, 24, dtype=np.uint16)),
        "float.tif": encode(Image.fromarray(floats), "TIFF"),
        "float-broken.tif": encode(Image.fromarray(broken), "TIFF"),
        "bilevel.png": encode(Image.fromarray(noise(20, 24) > 127)),
        "bilevel.tif": encode(Image.fromarray(noise(20, 24) > 127), "TIFF", compression="group4"),
        "palette.png": _palette(),
        "transparent.png": encode(alpha),
        "grey-alpha.png": encode(alpha[:, :, :2]),
        "plain.ppm": b"P3 2 1 255 1 2 3 4 5 6\n",
        "long-text.png": _with_chunk(PNG, b"tEXt", b"k\0" + bytes(b"x" * 100_000)),
    }


def size(data: bytes) -> tuple[int, int]:
    """Height and width of one of ``accepted``."""
    with Image.open(io.BytesIO(data)) as image:
        return image.height, image.width
