"""Deep Image Matting in PyTorch: its training transforms."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.composing import RULES
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.indexnet import SCALES
from indexnet_cli.datasets.sampling.planes import Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import dim_window
from indexnet_cli.imaging.trimap_recipes import recipe_trimap


def sample_dim(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """Crop of 1, 1.5 or 2 times ``crop``, flip, bilinear resize in 8 bits; then the trimap."""
    size = int(crop * SCALES[int(rng.integers(len(SCALES)))])
    height, width = view.alpha.shape
    ratio = max(size / width, size / height)
    if ratio > 1:
        planes = view.cut(Window(0, 0, height, width), RULES["dim"])
        planes = planes.resized(int(height * ratio + 1), int(width * ratio + 1), cv2.INTER_LINEAR)
        fractional = (planes.alpha > 0) & (planes.alpha < 255)
        planes = planes.cut(dim_window(rng, fractional, size))
    else:
        planes = view.cut(dim_window(rng, view.reach == 0, size), RULES["dim"])
    if rng.random() < 0.5:
        planes = planes.flipped()
    if size != crop:
        planes = planes.resized(crop, crop, cv2.INTER_LINEAR)
    return planes.with_trimap(recipe_trimap("dim", planes.alpha, rng)).sample(view.scene.kind)
