"""Sizes that a network can take, and the way back to the picture's own."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.engine.normalisation import network_input
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import ModelSpec, PublishedPath

Align = Literal["pad", "resize", "half", "crop", "window"]
ALIGNMENTS = ("pad", "resize", "half", "crop", "window")
INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
}
Planes = NDArray[np.float32]
Plane = NDArray[Any]
Size = tuple[int, int]  # height and width
Window = tuple[slice, slice]


def check_align(align: str, spec: ModelSpec) -> None:
    """Raise ``UsageError`` unless ``spec`` can be aligned by ``align``."""
    if align not in ALIGNMENTS:
        raise UsageError(f"unknown alignment {align!r}", f"known: {', '.join(ALIGNMENTS)}")
    if align in ("crop", "window") and spec.published.window is None:
        raise UsageError(
            f"{spec.name} has no published window for --align {align}",
            "use pad (no resampling) or resize (its published path)",
        )


def round_up(length: int, stride: int, offset: int = 0) -> int:
    """The smallest multiple of ``stride``, plus ``offset``, that is not below ``length``."""
    return max(-(-(length - offset) // stride), 1) * stride + offset


def round_down(length: int, stride: int, offset: int = 0) -> int:
    """The largest multiple of ``stride``, plus ``offset``, up to ``length``; at least one."""
    return max((length - offset) // stride, 1) * stride + offset


def windows(height: int, width: int, spec: ModelSpec, how: Align) -> list[Window]:
    """The parts of a picture that go through alignment and network one by one.

    All of it at once, but for ``crop``: windows side by side from the top left, what remains at
    the right and bottom being smaller.
    """
    if how != "crop":
        return [(slice(0, height), slice(0, width))]
    rows, columns = _window(spec)
    return [
        (slice(top, min(top + rows, height)), slice(left, min(left + columns, width)))
        for top in range(0, height, rows)
        for left in range(0, width, columns)
    ]


def prepare(
    image: NDArray[np.generic], trimap: NDArray[np.uint8], spec: ModelSpec, how: Align
) -> Planes:
    """Network input H' x W' x 4 of a size that the network of ``spec`` takes.

    By all ways but ``pad``, which needs no whole picture (``inputs.picture_input``): ``resize``
    does what the published inference code of the model does; ``half`` halves the picture, then
    does the same (as published for Deep Matting); ``crop`` and ``window`` resample to the
    published window.
    """
    if spec.published.resampled == "picture":
        return network_input(*_align(image, trimap, spec, how), spec)
    planes = network_input(image, trimap, spec)
    aligned = _align(planes[:, :, :3], planes[:, :, 3], spec, how)
    return np.dstack(aligned).astype(np.float32, copy=False)


def restore(alpha: Planes, height: int, width: int, spec: ModelSpec, how: Align) -> Planes:
    """The network's ``alpha`` brought back to ``height`` x ``width`` and clipped to [0, 1].

    All but ``pad`` also round to 8-bit grey levels where the published code does.
    """
    if not _resamples(spec.published, how):
        rows, columns = _halved((height, width)) if how == "half" else (height, width)
        alpha = alpha[:rows, :columns]
    if alpha.shape != (height, width):
        interpolation = INTERPOLATIONS[spec.published.colours]
        alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=interpolation))
    alpha = np.clip(alpha, 0, 1)
    return alpha if how == "pad" else _grey_levels(alpha, spec.published)


def _window(spec: ModelSpec) -> Size:
    assert spec.published.window is not None  # check_align has seen to it
    return spec.published.window


def _halved(size: tuple[int, ...]) -> Size:
    return max(round(size[0] / 2), 1), max(round(size[1] / 2), 1)


def _resamples(published: PublishedPath, how: Align) -> bool:
    """Whether the last step before the network is resampling, not padding."""
    pads = published.sizing in ("pad-reflect", "pad-zero")
    return how in ("crop", "window") or (how != "pad" and not pads)


def _target(size: tuple[int, ...], spec: ModelSpec, how: Align) -> Size:
    published = spec.published
    if how in ("crop", "window") or published.sizing == "window":
        return _window(spec)
    down = published.sizing == "resize-down"
    aligned = [
        (round_down if down else round_up)(length, spec.stride, spec.stride_offset)
        for length in size
    ]
    if published.max_side is not None:
        aligned = [min(length, published.max_side) for length in aligned]
    return aligned[0], aligned[1]


def _align(colours: Plane, trimap: Plane, spec: ModelSpec, how: Align) -> tuple[Plane, Plane]:
    if how == "half":
        colours, trimap = _resample(colours, trimap, _halved(trimap.shape), spec.published)
    height, width = trimap.shape
    target = _target((height, width), spec, how)
    if target == (height, width):
        return colours, trimap
    if _resamples(spec.published, how):
        return _resample(colours, trimap, target, spec.published)
    margins = ((0, target[0] - height), (0, target[1] - width))
    mode: Literal["constant", "reflect"]
    mode = "constant" if spec.published.sizing == "pad-zero" else "reflect"
    return np.pad(colours, (*margins, (0, 0)), mode), np.pad(trimap, margins, mode)


def _resample(
    colours: Plane, trimap: Plane, size: Size, published: PublishedPath
) -> tuple[Plane, Plane]:
    height, width = size
    if colours.dtype.kind == "f":
        colours = colours.astype(np.float32, copy=False)  # OpenCV has no float16
    colours, trimap = np.ascontiguousarray(colours), np.ascontiguousarray(trimap)
    return (
        cv2.resize(colours, (width, height), interpolation=INTERPOLATIONS[published.colours]),
        cv2.resize(trimap, (width, height), interpolation=INTERPOLATIONS[published.trimap]),
    )


def _grey_levels(alpha: Planes, published: PublishedPath) -> Planes:
    if published.rounding == "none":
        return alpha
    levels = alpha * np.float32(255)
    levels = np.rint(levels) if published.rounding == "round" else np.floor(levels)
    return levels / np.float32(255)
