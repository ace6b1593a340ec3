"""Trimaps: 0 background, 128 unknown, 255 foreground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255

# A tenth of the range at either end. JPEG at usual qualities rings by 10 to 20 around the edges of
# a trimap, and editors write near-white and near-black; both are inside. Anything between is an
# edge blended by resampling, or meant as unknown. Where in doubt a pixel is unknown: that costs
# the model a guess, while a wrong known pixel is copied into the matte.
LAST_BACKGROUND, FIRST_FOREGROUND = 25, 230

# Half an 8-bit step: a matte that went through a file keeps its known pixels.
HALF_LEVEL = 0.5 / 255

# What erodes and dilates.
Shape = Literal["disc", "ellipse"]

# Greys that tools write for the three classes; 127 is 255 // 2.
_EXACT = (0, 127, 128, 255)


@dataclass(frozen=True)
class TrimapSummary:
    """What a trimap holds: shares of the area in [0, 1], and how many pixels had another grey."""

    unknown_share: float
    foreground_share: float
    background_share: float
    snapped: int
    warnings: tuple[str, ...] = ()

    def describe(self) -> str:
        """One line for the user: ``unknown 14.2 %, 312 grey values snapped``."""
        plural = "" if self.snapped == 1 else "s"
        return f"unknown {self.unknown_share:.1%}".replace("%", " %") + (
            f", {self.snapped or 'no'} grey value{plural} snapped"
        )


def snap_trimap(array: NDArray[Any]) -> tuple[NDArray[np.uint8], TrimapSummary]:
    """Turn any array that means a trimap into HxW uint8 of exactly 0, 128 and 255.

    Takes HxW or HxWxC with C = 1, 2 (grey, alpha), 3 or 4. uint8 is 0..255; bool is 0 and 255;
    float up to 1 is 0..1, beyond that 0..255; wider integers are 0..65535, unless none is over 255,
    which is an 8-bit trimap in a 16-bit file. Greys up to 25 are background, from 230 on
    foreground, unknown between. Colour counts by its luma. Where all pixels have one colour and
    only alpha varies, alpha is the trimap; other transparent pixels count as over black, so that
    what was erased is background. Two levels only (0 and 255) give no unknown pixel.
    ``snapped`` counts pixels other than 0, 127, 128 and 255. Raises ValueError for other shapes.
    """
    grey, warnings = _grey(_to_8_bit_scale(np.asarray(array)))
    levels = np.rint(grey).astype(np.uint8)
    # A table of 256 entries is several times faster than comparisons on a large picture.
    table = np.full(256, UNKNOWN, np.uint8)
    table[: LAST_BACKGROUND + 1] = BACKGROUND
    table[FIRST_FOREGROUND:] = FOREGROUND
    counts = np.bincount(levels.ravel(), minlength=256)
    total = max(int(counts.sum()), 1)
    exact = int(counts[list(_EXACT)].sum())
    return table[levels], TrimapSummary(
        unknown_share=int(counts[table == UNKNOWN].sum()) / total,
        foreground_share=int(counts[table == FOREGROUND].sum()) / total,
        background_share=int(counts[table == BACKGROUND].sum()) / total,
        snapped=total - exact if levels.size else 0,
        warnings=warnings,
    )


def make_trimap(
    alpha: NDArray[Any],
    erode: float = 10.0,
    dilate: float | None = None,
    *,
    low: float = HALF_LEVEL,
    high: float = 1 - HALF_LEVEL,
    shape: Shape = "disc",
) -> NDArray[np.uint8]:
    """Make a trimap from a matte or mask: HxW uint8 of 0, 128 and 255.

    alpha is HxW float in [0, 1], uint8, uint16 or bool. Foreground is what is at least ``high``,
    eroded by a radius of ``erode`` pixels; background is what a radius of ``dilate`` (as ``erode``
    if None) around anything over ``low`` does not reach. ``shape`` is an exact ``disc``, or the
    ``ellipse`` that OpenCV draws in a square of 2 r + 1 (r rounded). The picture's border erodes
    nothing. Raises ValueError for a negative radius, thresholds out of order, or another shape.
    """
    dilate = erode if dilate is None else dilate
    if erode < 0 or dilate < 0:
        raise ValueError("erode and dilate must not be negative")
    if not 0 <= low < high <= 1:
        raise ValueError(f"thresholds must be 0 <= low < high <= 1, not {low:g} and {high:g}")
    level = np.asarray(alpha)
    if level.ndim != 2:
        raise ValueError(f"alpha must be HxW, not {level.shape}")
    if level.dtype.kind in "ui":
        level = level / np.iinfo(level.dtype).max
    opaque = (level >= high).astype(np.uint8)
    visible = (level > low).astype(np.uint8)
    trimap = np.full(level.shape, UNKNOWN, np.uint8)
    trimap[_farther_than(opaque, erode, shape)] = FOREGROUND
    trimap[_farther_than(1 - visible, dilate, shape)] = BACKGROUND
    return trimap


def _farther_than(inside: NDArray[np.uint8], radius: float, shape: Shape) -> NDArray[np.bool_]:
    """Where ``inside`` (0 or 1) still is 1 after an erosion by ``radius``."""
    import cv2

    if inside.all():
        return np.ones(inside.shape, bool)
    if shape == "ellipse":
        size = 2 * round(radius) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        return cv2.erode(inside, kernel) > 0
    # Distances give the erosion by an exact disc in time that does not grow with its radius.
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return (inside > 0) & (distance > radius)


def luma(values: NDArray[Any]) -> NDArray[np.float32]:
    """Brightness HxW float32 of HxWxC in the units of ``values`` (ITU-R BT.601), without alpha.

    Equal channels come out as they are.
    """
    if values.shape[2] <= 2:
        return values[:, :, 0].astype(np.float32)
    red, green, blue = (values[:, :, channel].astype(np.float32) for channel in range(3))
    # As differences from green, so that equal channels are exact.
    return green + np.float32(0.299) * (red - green) + np.float32(0.114) * (blue - green)


def _to_8_bit_scale(array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3 or not 1 <= array.shape[2] <= 4:
        raise ValueError(f"a trimap is HxW or HxWxC with 1 to 4 channels, not {array.shape}")
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    values = np.nan_to_num(array.astype(np.float32))
    largest = values.max(initial=0.0)
    if array.dtype.kind == "f":
        scale = 255.0 if largest <= 1.0 else 1.0
    else:
        scale = 1.0 if largest <= 255.0 else 1 / 257.0
    return np.clip(values * np.float32(scale), 0.0, 255.0)


def _grey(values: NDArray[Any]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    grey = luma(values)
    channels = values.shape[2]
    warnings: tuple[str, ...] = ()
    if channels >= 3:
        spread = values[:, :, :3].max(axis=2) - values[:, :, :3].min(axis=2)
        # Chroma left by JPEG stays well below this; real colours do not.
        if np.count_nonzero(spread > 64) > spread.size // 1000:
            warnings = ("is in colour; its brightness is taken as the trimap",)
    if channels not in (2, 4):
        return grey, warnings
    alpha = values[:, :, -1].astype(np.float32)
    if not alpha.size or alpha.min() == 255.0:
        return grey, warnings
    colours = values[:, :, :-1].reshape(-1, channels - 1)
    if (colours == colours[0]).all() and alpha.min() < alpha.max():
        return alpha, ("holds the trimap in its alpha channel",)
    return grey * (alpha / np.float32(255.0)), (
        *warnings,
        "is transparent in places; they count as background",
    )
