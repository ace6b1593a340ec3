"""Luminance keys of photographs: trees against the sky, clouds, water."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.colours import photograph_crop
from indexnet_cli.datasets.mattes.drawing import Matte, join, random_body
from indexnet_cli.datasets.pack import PackPart

_MIXES = np.array(
    [[0.3, 0.6, 0.1], [0, 0, 1], [1, 0, 0], [-0.5, 0, 1], [-0.5, 1, -0.5]], np.float32
)


def draw(rng: np.random.Generator, size: int, part: PackPart) -> Matte:
    """Key a photograph: a matte and, half of the time, its own colours."""
    photograph = photograph_crop(rng, part.photograph(rng), size)
    channel = cv2.transform(photograph, _MIXES[int(rng.integers(len(_MIXES)))][None])
    channel = channel.reshape(size, size).astype(np.float32)
    middle, width = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.06, 0.3))
    low, high = np.quantile(channel[::5, ::5], [middle - width, middle + width])
    share = np.clip((channel - low) / max(high - low, 12.0), 0, 1)
    alpha = share * share * (3 - 2 * share)
    dark = rng.random() < 0.5
    if dark:
        alpha = 1 - alpha
    alpha = alpha.astype(np.float32)
    if rng.random() < 0.35:
        return Matte(join(alpha, random_body(rng, size)))
    if rng.random() < 0.6:
        return Matte(alpha)
    # What shines through at soft pixels is pushed out by the neighbours' darkest or brightest.
    spread = cv2.erode if dark else cv2.dilate
    return Matte(alpha, np.asarray(spread(photograph, np.ones((5, 5), np.uint8)), np.uint8))
