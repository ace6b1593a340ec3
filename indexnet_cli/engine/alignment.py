"""Sizes that a network can take, and the way back to the picture's own."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.models.registry import ModelSpec, PublishedPath

Align = Literal["pad", "resize"]
ALIGNMENTS = ("pad", "resize")
Planes = NDArray[np.float32]


def round_up(length: int, stride: int, offset: int = 0) -> int:
    """The smallest multiple of ``stride``, plus ``offset``, that is not below ``length``."""
    return max(-(-(length - offset) // stride), 1) * stride + offset


def round_down(length: int, stride: int, offset: int = 0) -> int:
    """The largest multiple of ``stride``, plus ``offset``, up to ``length``; at least one."""
    return max((length - offset) // stride, 1) * stride + offset


def align(planes: Planes, spec: ModelSpec, how: Align) -> Planes:
    """``planes`` H x W x 4 brought to a size that the network of ``spec`` takes.

    ``pad`` repeats the border at the right and bottom; ``resize`` does what the published
    inference code of the model does: cubic for colours and nearest for the trimap, or reflection.
    """
    height, width = planes.shape[:2]
    sizing = spec.published.sizing
    size = round_down if how == "resize" and sizing == "resize-down" else round_up
    target = tuple(size(length, spec.stride, spec.stride_offset) for length in (height, width))
    if target == (height, width):
        return planes
    if how == "resize" and sizing != "pad-reflect":
        return _resize(planes, target[0], target[1])
    margins = ((0, target[0] - height), (0, target[1] - width), (0, 0))
    return np.pad(planes, margins, mode="reflect" if how == "resize" else "edge")


def _resize(planes: Planes, height: int, width: int) -> Planes:
    colours = cv2.resize(
        np.ascontiguousarray(planes[:, :, :3]), (width, height), interpolation=cv2.INTER_CUBIC
    )
    trimap = cv2.resize(
        np.ascontiguousarray(planes[:, :, 3]), (width, height), interpolation=cv2.INTER_NEAREST
    )
    return np.dstack([colours, trimap]).astype(np.float32, copy=False)


def restore(alpha: Planes, height: int, width: int, spec: ModelSpec, how: Align) -> Planes:
    """The network's ``alpha`` brought back to ``height`` x ``width`` and clipped to [0, 1].

    ``resize`` also rounds to 8-bit grey levels as the published code does.
    """
    if how == "pad" or spec.published.sizing == "pad-reflect":
        alpha = alpha[:height, :width]
    elif alpha.shape != (height, width):
        alpha = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC))
    alpha = np.clip(alpha, 0, 1)
    return alpha if how == "pad" else _grey_levels(alpha, spec.published)


def _grey_levels(alpha: Planes, published: PublishedPath) -> Planes:
    levels = alpha * np.float32(255)
    levels = np.rint(levels) if published.rounding == "round" else np.floor(levels)
    return levels / np.float32(255)
