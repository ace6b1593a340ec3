"""Samples as the engine sees small pictures a second time: at twice their size."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.trimaps import fractional_pixels
from indexnet_cli.imaging.enlarging import repeated, twice
from indexnet_cli.imaging.trimaps import UNKNOWN

_ATTEMPTS, _LEAST_KNOWN = 6, 0.05


def enlarge_part(rng: np.random.Generator, sample: Sample) -> Sample:
    """A quarter of a sample's area, around something soft and unknown, at the sample's size.

    Where a few attempts find one, a quarter in which something is known.
    """
    height, width = sample.alpha.shape
    window, size = _quarter(rng, sample), np.s_[:height, :width]  # of an odd side a pixel goes

    def colours(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        return twice(plane[window])[size]

    trimap = repeated(sample.trimap[window])[size]
    alpha = _alpha_twice(sample.alpha[window])[size]
    return replace(
        sample,
        image=colours(sample.image),
        trimap=trimap,
        alpha=np.where(trimap == UNKNOWN, alpha, trimap / np.float32(255)),
        foreground=None if sample.foreground is None else colours(sample.foreground),
        background=None if sample.background is None else colours(sample.background),
    )


def _quarter(rng: np.random.Generator, sample: Sample) -> tuple[slice, slice]:
    size = np.array(sample.alpha.shape)
    half = (size + 1) // 2
    unknown = sample.trimap == UNKNOWN
    spots = np.argwhere(fractional_pixels(sample.alpha) & unknown)
    for _ in range(_ATTEMPTS):
        spot = spots[rng.integers(len(spots))] if len(spots) else half
        top, left = np.clip(spot + rng.integers(-half, 1), 0, size - half)
        window = np.s_[top : top + half[0], left : left + half[1]]
        if np.mean(~unknown[window]) > _LEAST_KNOWN:
            break
    return window


def _alpha_twice(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of which the means of 2 x 2 pixels, which is what the engine takes, are ``alpha`` again."""
    double = cv2.resize(alpha, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    mean = cv2.resize(double, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(double + repeated(alpha - mean), 0, 1), np.float32)
