"""Find a picture's bytes and identify them, without decoding anything yet."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# Named one by one so that Image.open need not import every plug-in that Pillow has.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from indexnet_cli.errors import InputError

Source = str | Path | BinaryIO

MAX_PIXELS = 512_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM")
CONVERT_HINT = "Convert it to PNG, JPEG, WebP, TIFF or BMP."

# What decoders have been seen to raise on damaged bytes.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_OURS = (
    (0, b"\x89PNG"),
    (0, b"\xff\xd8\xff"),
    (8, b"WEBP"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"BM"),
)
_OTHERS = (
    (0, b"GIF8", "GIF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypcrx", "camera raw (CR3)"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"<svg", "SVG"),
    (0, b"gimp xcf", "GIMP"),
    (0, b"v/1\x01", "OpenEXR"),
)

_limit_lock = threading.Lock()
_limit_users = 0
_limit_saved: int | None = None


@contextmanager
def own_size_limit() -> Iterator[None]:
    """Lift Pillow's process-wide limit while a file is read whose size is checked here instead."""
    global _limit_users, _limit_saved
    with _limit_lock:
        if _limit_users == 0:
            _limit_saved, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        _limit_users += 1
    try:
        yield
    finally:
        with _limit_lock:
            _limit_users -= 1
            if _limit_users == 0:
                Image.MAX_IMAGE_PIXELS = _limit_saved


def source_name(source: Source) -> str:
    """Name of a source as an error message shows it."""
    if isinstance(source, (str, Path)):
        return str(source)
    name = getattr(source, "name", None)
    if name in ("<stdin>", 0):
        return "standard input"
    return name if isinstance(name, str) else "the input stream"


@contextmanager
def open_source(source: Source, max_pixels: int) -> Iterator[BinaryIO]:
    """Give a seekable binary file at its start; a stream is read into memory first.

    Raises InputError for a file that is missing, a folder, not permitted, or empty.
    """
    name = source_name(source)
    if isinstance(source, (str, Path)):
        handle = _open_file(Path(source), name)
        try:
            yield _seekable(handle, name, max_pixels)
        finally:
            handle.close()
    else:
        yield _seekable(source, name, max_pixels, copy=True)


def identify(handle: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    """Open the picture lazily and check the size in its header.

    Raises InputError when it is no picture, of a format that is not read, damaged, or larger
    than max_pixels. Call within ``own_size_limit``.
    """
    start = handle.read(16)
    handle.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(handle, formats=FORMATS)
    except UnidentifiedImageError:
        raise _unidentified(start, name) from None
    except DECODER_ERRORS as error:
        raise damaged(name, error) from error
    width, height = image.size
    if width * height > max_pixels:
        raise InputError(
            f"{name} has {width} x {height} = {width * height:,} pixels; "
            f"the limit is {max_pixels:,}.",
            "If you trust the file, raise the limit with --max-pixels.",
        )
    return image


def damaged(name: str, error: Exception | None = None) -> InputError:
    """Error for a picture whose header or data end early or make no sense."""
    reason = f" ({error})" if error is not None and str(error) else ""
    return InputError(
        f"{name} is truncated or damaged{reason}.", "Copy or download it again, or export it anew."
    )


def _open_file(path: Path, name: str) -> BinaryIO:
    try:
        if path.is_dir():
            raise InputError(
                f"{name} is a folder, not a picture.",
                "Name one picture in it.",
            )
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(
            f"{name} does not exist.", "Check the spelling and the folder you are in."
        ) from None
    except PermissionError:
        raise InputError(
            f"{name} cannot be read: permission denied.", "Give yourself the right to read it."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name} cannot be opened: {reason}.", "Check the path.") from error


def _seekable(handle: BinaryIO, name: str, max_pixels: int, copy: bool = False) -> BinaryIO:
    try:
        if copy or not handle.seekable():
            # 8 bytes a pixel (16-bit RGBA, uncompressed) is the most that an allowed picture takes.
            most = max_pixels * 8 + (64 << 20)
            data = io.BytesIO()
            # In pieces: one read of that size would allocate it whole.
            while piece := handle.read(1 << 20):
                if data.tell() + len(piece) > most:
                    raise InputError(
                        f"{name} is longer than any picture of {max_pixels:,} pixels.",
                        "If you trust it, raise the limit with --max-pixels.",
                    )
                data.write(piece)
            data.seek(0)
            handle = data
        empty = not handle.read(1)
        handle.seek(0)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}.", "") from error
    if empty:
        raise InputError(f"{name} is empty (0 bytes).", "Copy or download it again.")
    return handle


def _unidentified(start: bytes, name: str) -> InputError:
    for offset, magic, kind in _OTHERS:
        if start[offset : offset + len(magic)] == magic:
            return InputError(f"{name} is a {kind} file, which is not read here.", CONVERT_HINT)
    if any(start[offset : offset + len(magic)] == magic for offset, magic in _OURS):
        return InputError(
            f"{name} is truncated, damaged, or of a kind that is not supported.",
            "Copy or download it again, or export it anew as PNG.",
        )
    return InputError(f"{name} is not a picture.", CONVERT_HINT)
