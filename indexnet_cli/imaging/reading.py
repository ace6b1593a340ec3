"""Read images, trimaps and mattes. Every picture in the program comes through ``read_samples``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import DeviceError
from indexnet_cli.imaging.decoding import decode
from indexnet_cli.imaging.opening import (
    DECODER_ERRORS,
    MAX_PIXELS,
    Source,
    damaged,
    identify,
    open_source,
    own_size_limit,
    source_name,
)
from indexnet_cli.imaging.tags import FileTags
from indexnet_cli.imaging.trimaps import TrimapSummary, luma, snap_trimap

NO_TAGS = FileTags()


@dataclass(frozen=True)
class Samples:
    """A picture as stored, upright: values HxWxC uint8 or uint16 (grey, +alpha, RGB, +alpha)."""

    values: NDArray[Any]
    name: str
    info: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    native: NDArray[Any] | None = None
    tags: FileTags = NO_TAGS


@dataclass(frozen=True)
class Picture:
    """An image: pixels HxWx3 uint8 or uint16 sRGB, alpha HxW of the same type or None.

    ``native`` is the picture as outputs keep it: the file's own colour space and depth, described
    by ``tags`` (the same array as ``pixels`` where that is sRGB). ``info`` has the file's
    ``format``, ``mode`` and ``name``; ``warnings`` are sentences for the user that begin with the
    file's name.
    """

    pixels: NDArray[Any]
    native: NDArray[Any]
    alpha: NDArray[Any] | None = None
    info: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    tags: FileTags = NO_TAGS


def read_samples(
    source: Source, max_pixels: int = MAX_PIXELS, manage_colours: bool = False
) -> Samples:
    """Read the first frame of a PNG, JPEG, WebP, TIFF, BMP or PPM file or binary stream.

    The size in the header is checked against max_pixels before anything is decoded, the EXIF
    orientation is applied. Raises InputError with the file's name for everything that is not a
    whole picture, DeviceError when memory does not suffice.
    """
    name = source_name(source)
    with own_size_limit(), open_source(source, max_pixels) as handle:
        image = identify(handle, name, max_pixels)
        info = {"name": name, "format": image.format, "mode": image.mode}
        try:
            decoded = decode(image, handle, manage_colours)
        except MemoryError:
            raise DeviceError(
                f"{name} ({image.width} x {image.height}) does not fit in memory.",
                "Close other programs, or reduce the picture.",
            ) from None
        except DECODER_ERRORS as error:
            raise damaged(name, error) from error
    warnings = tuple(f"{name} {warning}." for warning in decoded.warnings)
    return Samples(decoded.values, name, info, warnings, decoded.native, decoded.tags)


def read_image(source: Source, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read an image as sRGB colours.

    Grey becomes three equal channels; an embedded profile is converted. Of a picture with
    transparency the colours are taken as stored, and its alpha is returned beside them.
    Raises as ``read_samples``.
    """
    samples = read_samples(source, max_pixels, manage_colours=True)
    values, warnings = samples.values, samples.warnings
    channels = values.shape[2]
    alpha = np.ascontiguousarray(values[:, :, -1]) if channels in (2, 4) else None
    if alpha is not None and alpha.min(initial=_white(values)) < _white(values):
        warnings += (f"{samples.name} has an alpha channel; it is ignored.",)
    pixels = _three_channels(values)
    native = pixels if samples.native is None else _three_channels(samples.native)
    # A profile of a grey picture does not fit the three channels that it becomes.
    tags = samples.tags if channels >= 3 else samples.tags.without_profile()
    return Picture(pixels, native, alpha, samples.info, warnings, tags)


def read_trimap(
    source: Source, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[np.uint8], TrimapSummary]:
    """Read a trimap: HxW uint8 of 0, 128 and 255, and what was found in the file.

    See ``snap_trimap`` for how greys, colours and alpha channels are taken. Raises as
    ``read_samples``; the summary carries the warnings.
    """
    samples = read_samples(source, max_pixels)
    trimap, summary = snap_trimap(samples.values)
    found = tuple(f"{samples.name} {warning}." for warning in summary.warnings)
    return trimap, replace(summary, warnings=samples.warnings + found)


def read_alpha(source: Source, max_pixels: int = MAX_PIXELS) -> NDArray[np.float32]:
    """Read a matte: HxW float32 in [0, 1].

    A picture that is transparent anywhere (a cut-out) gives its alpha channel, any other its grey
    or luma. Raises as ``read_samples``.
    """
    values = read_samples(source, max_pixels).values
    return np.clip(_matte_plane(values) / np.float32(_white(values)), 0.0, 1.0)


def read_levels(source: Source, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """Read a matte as ``read_alpha`` does, but as the levels of the file: HxW uint8 or uint16."""
    values = read_samples(source, max_pixels).values
    return np.rint(_matte_plane(values)).astype(values.dtype)


def _matte_plane(values: NDArray[Any]) -> NDArray[np.float32]:
    white = _white(values)
    if values.shape[2] in (2, 4) and values[:, :, -1].min(initial=white) < white:
        return values[:, :, -1].astype(np.float32)
    return luma(values)


def _three_channels(values: NDArray[Any]) -> NDArray[Any]:
    if values.shape[2] <= 2:
        return np.repeat(values[:, :, :1], 3, axis=2)
    return np.ascontiguousarray(values[:, :, :3])


def _white(values: NDArray[Any]) -> int:
    return int(np.iinfo(values.dtype).max)
