"""Path-traced cut-outs of the pack, with their own colours, most of them whole in the scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Matte
from indexnet_cli.datasets.mattes.layers import Layers
from indexnet_cli.datasets.mattes.pack_fg import place
from indexnet_cli.datasets.pack import PackPart

_WHOLE = 0.7  # the share that the scene has room for, with what is known around


def draw(rng: np.random.Generator, size: int, part: PackPart) -> Matte:
    """Lay 1 or 2 renders over each other, now and then something solid before or behind."""
    layers = Layers(size)
    solid = rng.random()
    if solid < 0.1:
        layers.cover_by_body(rng)
    for _ in range(2 if rng.random() < 0.2 else 1):
        planes = _placed(rng, part.render(rng), size)
        alpha = planes[..., 3]
        colours = planes[..., :3] / np.maximum(alpha, 1e-3)[..., None]
        layers.cover(alpha, colours.astype(np.float32, copy=False))
    if solid > 0.9:
        layers.cover_by_body(rng)
    return layers.matte(rng)


def _placed(rng: np.random.Generator, picture: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """A render scaled, turned and put into the scene: colours (of 255) times alpha, and alpha."""
    planes = picture.astype(np.float32)
    planes[..., 3] /= 255
    planes[..., :3] *= planes[..., 3:]
    fits = size / max(planes.shape[:2])
    if rng.random() < _WHOLE:
        scale = fits * float(rng.uniform(0.45, 1.0))
    else:
        scale = min(fits * log_uniform(rng, 1.0, 2.5), 1.5)
    if scale < 1:  # what is finer than a pixel becomes opacity
        small = cv2.resize(planes, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        planes, scale = small.astype(np.float32, copy=False), 1.0
    matrix = place(rng, planes.shape[:2], size, scale)
    return cv2.warpAffine(planes, matrix, (size, size), flags=cv2.INTER_LINEAR).astype(np.float32)
