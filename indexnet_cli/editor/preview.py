"""A quick matte of what was just painted, from its surroundings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.precision import MIXED
from indexnet_cli.engine.regions import Region
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

CONTEXT = 96  # pixels around the change that the network sees
REFRESHED = 48  # pixels around the change whose alpha may change with it
TARGET_SECONDS = 0.5
FEWEST_PIXELS = 128 * 128
TRIAL_SIDE = 192


@dataclass(frozen=True)
class Near:
    """Alpha (h x w) and foreground (h x w x 3), both in [0, 1], of a region."""

    region: Region
    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32]


class PreviewPace:
    """How many pixels may be matted in ``TARGET_SECONDS``, learnt from how long it took."""

    def __init__(self) -> None:
        self._speed = 400_000.0  # pixels a second; what two cores do

    def pixels(self) -> int:
        """The largest crop, in pixels."""
        return max(int(self._speed * TARGET_SECONDS), FEWEST_PIXELS)

    def note(self, pixels: int, seconds: float) -> None:
        """A crop of that many pixels took so long."""
        if pixels >= FEWEST_PIXELS:  # smaller ones measure the overhead
            self._speed += 0.5 * (pixels / max(seconds, 1e-4) - self._speed)


def quicker(matter: Matter, make: Callable[[str], Matter]) -> Matter:
    """``matter``, or one that ``make`` builds in bf16 where the processor does that faster.

    Only on a processor: what is saved is ``matter``'s in any case.
    """
    if matter.device.type != "cpu" or matter.report.precision not in ("fp32", MIXED):
        return matter
    other = make("bf16")
    return min((matter, other), key=_seconds)


def _seconds(matter: Matter) -> float:
    """Of the processor, for a small picture; the second time, as the first makes kernels."""
    image = np.zeros((TRIAL_SIDE, TRIAL_SIDE, 3), np.uint8)
    trimap = np.full(image.shape[:2], UNKNOWN, np.uint8)
    matter.matte(image, trimap)
    started = time.process_time()
    matter.matte(image, trimap)
    return time.process_time() - started


def matte_near(
    matter: Matter,
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    dirty: Region,
    pace: PreviewPace,
) -> Near:
    """Matte the surroundings of ``dirty``, reduced to what the pace allows.

    ``pixels`` H x W x 3 uint8; ``trimap`` H x W of 0, 128, 255.
    """
    crop = dirty.grow(CONTEXT).clip(*trimap.shape)
    inner = dirty.grow(REFRESHED).clip(*trimap.shape)
    image, classes = pixels[crop.slices], trimap[crop.slices]
    height, width = classes.shape
    scale = min((pace.pixels() / (height * width)) ** 0.5, 1.0)
    started = time.perf_counter()
    if scale < 1:
        small_image, small_classes = _reduce(image, classes, scale)
        alpha = _enlarge(matter.matte(small_image, small_classes), classes)
    else:
        alpha = matter.matte(np.ascontiguousarray(image), np.ascontiguousarray(classes))
    if (classes == UNKNOWN).any():
        pace.note(int(scale * scale * height * width), time.perf_counter() - started)
    window = inner.within(crop)
    foreground = estimate_foreground(image, alpha)
    return Near(inner, alpha[window], foreground[window])


def _reduce(
    image: NDArray[np.uint8], classes: NDArray[np.uint8], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both reduced; a pixel of several classes is unknown, so that no thin line is lost."""
    import cv2

    height, width = classes.shape
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(classes.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    found = np.full(mean.shape, UNKNOWN, np.uint8)
    found[mean < 1] = BACKGROUND
    found[mean > FOREGROUND - 1] = FOREGROUND
    return np.asarray(small, np.uint8), found


def _enlarge(alpha: NDArray[np.float32], classes: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    height, width = classes.shape
    large = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    large = np.where(classes == UNKNOWN, large, classes == FOREGROUND)
    return np.asarray(large, np.float32)
