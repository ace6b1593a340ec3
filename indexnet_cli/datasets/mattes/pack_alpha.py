"""Grey mattes of the pack (particles, hair, nets, plants, smoke), coloured from elsewhere."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Matte, join, random_body
from indexnet_cli.datasets.mattes.pack_fg import place
from indexnet_cli.datasets.pack import PackPart


def draw(rng: np.random.Generator, size: int, part: PackPart) -> Matte:
    """Place 1 or 2 grey mattes, sometimes over a solid body; size x size float32 in [0, 1]."""
    alpha = np.zeros((size, size), np.float32)
    for _ in range(1 if rng.random() < 0.7 else 2):
        matte = part.grey_matte(rng)
        native = size / max(matte.shape)
        scale = min(native * log_uniform(rng, 0.7, 1.8), 2.0)
        warped = cv2.warpAffine(
            matte, place(rng, matte.shape, size, scale), (size, size), flags=cv2.INTER_LINEAR
        )
        alpha = join(alpha, warped.astype(np.float32) / np.float32(255))
    return Matte(join(alpha, random_body(rng, size)) if rng.random() < 0.35 else alpha)
