"""Pixels of an opened picture as one kind of array, whatever its mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_cli.imaging.colour import foreign_profile, lab_to_rgb, to_srgb
from indexnet_cli.imaging.png_rows import check_rows
from indexnet_cli.imaging.tags import FileTags, read_tags

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE, _PHOTOMETRIC, _RGB_PHOTOMETRIC = 258, 262, 2


@dataclass(frozen=True)
class Decoded:
    """A picture's values HxWxC, uint8 or uint16, upright; C = 1 grey, 2 +alpha, 3 RGB, 4 +alpha.

    ``native``: the same in the file's own colour space where ``values`` were converted out of it
    and it is an RGB one; ``tags`` go with it, or with ``values`` where there is none.
    """

    values: NDArray[Any]
    native: NDArray[Any] | None
    tags: FileTags
    warnings: list[str]


def decode(image: Image.Image, handle: BinaryIO, manage_colours: bool) -> Decoded:
    """Decode an opened picture.

    With manage_colours an embedded profile is converted to sRGB; trimaps and mattes are numbers
    rather than colours and are left alone. Raises what Pillow raises on damaged data, and
    ValueError for a PNG that lacks rows.
    """
    warnings: list[str] = []
    frames = _count_frames(image)
    if frames > 1:
        warnings.append(f"has {frames} frames or pages; the first is used")
    exact = _has_deep_channels(image, handle)
    image.load()
    if image.format == "PNG":
        check_rows(image, handle)
    tags = read_tags(image)
    profile = native = None
    if manage_colours:
        try:
            profile = foreign_profile(image)
        except ValueError:
            warnings.append("has a damaged colour profile; it is ignored")
            tags = tags.without_profile()
    # Pillow turns TIFF upright itself when it loads, and so does OpenCV. Asked only now, because in
    # PNG the tags may come after the pixels.
    orientation = 1 if image.format == "TIFF" else _orientation(image, warnings)
    image = _plain_mode(image)
    values = _values(image, warnings)
    if exact:
        deep = _decode_deep(handle)
        if _agree(deep, values):
            values = deep
        else:
            warnings.append("has 16 bits a channel in a form that is read at 8")
    if profile is not None:
        if values.dtype == np.uint16:
            warnings.append("has 16 bits a channel and a colour profile; it is converted at 8 bits")
        converted = _apply(profile, image, warnings)
        if converted is not image:
            native = values if image.mode in ("RGB", "RGBA") else None
            values = _values(converted, warnings)
        if native is None:
            tags = tags.without_profile()
    native = None if native is None else _turn(native, orientation)
    return Decoded(_turn(values, orientation), native, tags, warnings)


def _count_frames(image: Image.Image) -> int:
    # The further pictures of a camera's multi-picture JPEG are previews and depth, not pages.
    if image.format == "MPO":
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError):
        return 1


def _orientation(image: Image.Image, warnings: list[str]) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, RuntimeError):
        warnings.append("has damaged EXIF data; its orientation is ignored")
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _turn(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation (TIFF 6.0: which corners the first row and column stand for)."""
    if orientation >= 5:
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)


def _has_deep_channels(image: Image.Image, handle: BinaryIO) -> bool:
    """Whether several channels of 16 bits are stored, which Pillow reduces to 8."""
    if image.format == "PNG":
        position = handle.tell()
        handle.seek(24)
        depth, colour_type = handle.read(2)
        handle.seek(position)
        return depth == 16 and colour_type in (2, 4, 6)
    if image.format == "TIFF":
        tags = image.tag_v2  # type: ignore[attr-defined]
        bits = tags.get(_BITS_PER_SAMPLE, ())
        return (
            len(bits) in (3, 4) and set(bits) == {16} and tags.get(_PHOTOMETRIC) == _RGB_PHOTOMETRIC
        )
    return False


def _decode_deep(handle: BinaryIO) -> NDArray[Any]:
    """Decode checked bytes with OpenCV: HxWx3 or HxWx4 uint16; empty when it cannot."""
    import cv2

    position = handle.tell()
    handle.seek(0)
    data = np.frombuffer(handle.read(), np.uint8)
    handle.seek(position)
    try:
        values = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        values = None
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        return np.empty((0, 0, 0), np.uint16)
    order = [2, 1, 0, 3][: values.shape[2]]
    return values[..., order]


def _agree(deep: NDArray[Any], shallow: NDArray[Any]) -> bool:
    """Whether two decoders saw the same picture (same size, same way up, same alpha)."""
    if deep.shape != shallow.shape:
        return False
    difference = (deep >> 8).astype(np.int16) - shallow
    return bool(np.abs(difference).max(initial=0) <= 1)


def _plain_mode(image: Image.Image) -> Image.Image:
    """Convert palette, premultiplied and other rare modes to L, LA, RGB, RGBA or CMYK."""
    transparent = "transparency" in image.info
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if transparent or image.mode == "PA" else "RGB")
    if image.mode == "1":
        return image.convert("LA" if transparent else "L")
    if image.mode in ("L", "RGB") and transparent:
        return image.convert(image.mode + "A")
    if image.mode == "LAB":
        return lab_to_rgb(image)
    plain = {"La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def _apply(profile: Any, image: Image.Image, warnings: list[str]) -> Image.Image:
    try:
        return to_srgb(image, profile)
    except ValueError:
        warnings.append("has a colour profile that cannot be applied; it is ignored")
        return image


def _values(image: Image.Image, warnings: list[str]) -> NDArray[Any]:
    if image.mode == "CMYK":
        image = image.convert("RGB")
    values = np.asarray(image)
    if image.mode == "F":
        values = _float_to_16_bits(values, warnings)
    elif image.mode.startswith("I"):
        values = _integers_to_16_bits(values, warnings)
    return values if values.ndim == 3 else values[:, :, np.newaxis]


def _float_to_16_bits(values: NDArray[Any], warnings: list[str]) -> NDArray[Any]:
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    largest = values.max(initial=0.0)
    full = next((scale for scale in (1.0, 255.0, 65535.0) if largest <= scale), float(largest))
    if full != 1.0:
        warnings.append(
            f"holds floating-point values up to {largest:g}; {full:g} is taken as white"
        )
    return np.rint(np.clip(values / full, 0.0, 1.0) * 65535.0).astype(np.uint16)


def _integers_to_16_bits(values: NDArray[Any], warnings: list[str]) -> NDArray[Any]:
    if values.dtype.itemsize == 2 and values.dtype.kind == "u":
        return values.astype(np.uint16)
    largest = int(values.max(initial=0))
    if largest > 65535:
        warnings.append("holds 32-bit values; they are reduced to 16 bits")
        values = values.clip(0) >> 15
    return values.clip(0, 65535).astype(np.uint16)
