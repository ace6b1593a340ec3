"""Put a foreground over a photograph as the published scripts do."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Part = tuple[slice, slice]


@dataclass(frozen=True)
class CompositionRule:
    """How a background is fitted, and how the composition becomes 8 bits.

    ``interpolation`` is OpenCV's cubic or linear, or Pillow's bicubic. ``rounding`` of the enlarged
    side: ``ceil`` of side * ratio, or the integer part of side * ratio + 1. ``rounds`` to the
    nearest level instead of cutting the fraction off.
    """

    interpolation: Literal["cubic", "linear", "pillow"]
    rounding: Literal["ceil", "next"]
    rounds: bool


RULES = {
    "indexnet": CompositionRule("cubic", "ceil", rounds=False),
    "mmagic": CompositionRule("pillow", "ceil", rounds=False),
    "dim": CompositionRule("linear", "next", rounds=True),
}


def fit_background(
    background: Pixels,
    height: int,
    width: int,
    rule: CompositionRule,
    shrink: bool = False,
    part: Part | None = None,
) -> Pixels:
    """Cover height x width from the top left with a photograph; HxWx3 uint8, or a part of that.

    It is enlarged where it is too small in one direction, and left as it is where it is larger,
    unless ``shrink``: then it is made to fit always (IndexNet's loader does this to the background
    of the composition loss, and its composition script does not).
    """
    own_height, own_width = background.shape[:2]
    ratio = max(height / own_height, width / own_width)
    part = part or (slice(0, height), slice(0, width))
    if ratio > 1 or (shrink and ratio < 1):
        return _resize(background, ratio, rule, part)
    return background[part]


def _resize(background: Pixels, ratio: float, rule: CompositionRule, part: Part) -> Pixels:
    height, width = (
        ceil(side * ratio) if rule.rounding == "ceil" else int(side * ratio + 1)
        for side in background.shape[:2]
    )
    if rule.interpolation == "pillow":
        return _resize_part(background, height, width, part)
    # OpenCV resizes all of it sooner than anything else resizes a part.
    method = cv2.INTER_CUBIC if rule.interpolation == "cubic" else cv2.INTER_LINEAR
    resized = cv2.resize(background, (width, height), interpolation=method)
    return np.asarray(resized[part], np.uint8)


def _resize_part(background: Pixels, height: int, width: int, part: Part) -> Pixels:
    """Part of what Pillow would make of the whole, at the cost of the part."""
    rows, columns = part
    down, across = background.shape[0] / height, background.shape[1] / width
    box = (
        columns.start * across,
        rows.start * down,
        min(columns.stop * across, background.shape[1]),  # rounding must not leave the picture
        min(rows.stop * down, background.shape[0]),
    )
    size = (columns.stop - columns.start, rows.stop - rows.start)
    image = Image.fromarray(np.ascontiguousarray(background))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=box))


def compose(foreground: Pixels, alpha: Pixels, background: Pixels, rule: CompositionRule) -> Pixels:
    """alpha * foreground + (1 - alpha) * background, HxWx3 uint8; alpha is HxW uint8."""
    opacity = (alpha.astype(np.float32) / np.float32(255))[..., None]
    composed = foreground * opacity
    composed += background * (1 - opacity)
    if rule.rounds:
        np.rint(composed, out=composed)
    return composed.astype(np.uint8)
