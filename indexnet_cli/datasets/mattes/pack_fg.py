"""Cut-outs of the pack near their native scale, several to a picture, with their own colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Matte
from indexnet_cli.datasets.pack import PackPart


def place(
    rng: np.random.Generator, shape: tuple[int, ...], size: int, scale: float
) -> NDArray[np.float32]:
    """The 2x3 matrix that scales, turns, mirrors a picture and puts it into the scene.

    ``shape`` begins with the picture's height and width.
    """
    height, width = shape[:2]
    angle = float(rng.normal(0, 0.35)) if rng.random() < 0.75 else float(rng.uniform(0, 6.283))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    matrix = np.array([[cos * mirror, -sin], [sin * mirror, cos]])
    target = size * rng.uniform(0.2, 0.8, 2)
    shift = target - matrix @ np.array([width / 2, height / 2])
    return np.hstack([matrix, shift[:, None]]).astype(np.float32)


def draw(rng: np.random.Generator, size: int, part: PackPart) -> Matte:
    """Lay 1 to 4 cut-outs over each other, with their own colours."""
    alpha = np.zeros((size, size), np.float32)
    colours: NDArray[np.uint8] | None = None
    for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))):
        picture = part.cut_out(rng)
        native = size / max(picture.shape[:2])
        scale = log_uniform(rng, 0.75, 1.5)
        if rng.random() < 0.3:  # large foregrounds: the scene holds a part of it
            scale = max(scale, min(native * float(rng.uniform(0.9, 1.6)), 2.5))
        matrix = place(rng, picture.shape, size, scale)
        target = (size, size)
        rgb = cv2.warpAffine(
            np.ascontiguousarray(picture[..., :3]),
            matrix,
            target,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        cover = cv2.warpAffine(
            np.ascontiguousarray(picture[..., 3]), matrix, target, flags=cv2.INTER_LINEAR
        )
        above = cover.astype(np.float32) / np.float32(255)
        union = alpha + above - alpha * above
        if colours is None:
            colours = np.asarray(rgb, np.uint8)
        else:
            share = above / np.maximum(union, np.float32(1e-3))
            mixed = colours + share[..., None] * (rgb.astype(np.float32) - colours)
            colours = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        alpha = union
    assert colours is not None
    return Matte(alpha, colours)
