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
    background: Pixels, height: int, width: int, rule: CompositionRule, shrink: bool = False
) -> Pixels:
    """Cover height x width from the top left with a photograph; HxWx3 uint8.

    It is enlarged where it is too small in one direction, and left as it is where it is larger,
    unless ``shrink``: then it is made to fit always (IndexNet's loader does this to the background
    of the composition loss, and its composition script does not).
    """
    own_height, own_width = background.shape[:2]
    ratio = max(height / own_height, width / own_width)
    if ratio > 1 or (shrink and ratio < 1):
        background = _resize(background, ratio, rule)
    return background[:height, :width]


def _resize(background: Pixels, ratio: float, rule: CompositionRule) -> Pixels:
    height, width = (
        ceil(side * ratio) if rule.rounding == "ceil" else int(side * ratio + 1)
        for side in background.shape[:2]
    )
    size = (width, height)
    if rule.interpolation == "pillow":
        image = Image.fromarray(np.ascontiguousarray(background))
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    method = cv2.INTER_CUBIC if rule.interpolation == "cubic" else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(background, size, interpolation=method), np.uint8)


def compose(foreground: Pixels, alpha: Pixels, background: Pixels, rule: CompositionRule) -> Pixels:
    """alpha * foreground + (1 - alpha) * background, HxWx3 uint8; alpha is HxW uint8."""
    opacity = (alpha.astype(np.float32) / np.float32(255))[..., None]
    composed = foreground * opacity
    composed += background * (1 - opacity)
    if rule.rounds:
        np.rint(composed, out=composed)
    return composed.astype(np.uint8)
