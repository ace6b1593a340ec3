"""mmagic's two pipelines for IndexNet."""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np

from indexnet_cli.datasets.composing import RULES
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.indexnet import SCALES, Composed, Cuttable, Draw, TrimappedScene
from indexnet_cli.datasets.sampling.planes import Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import mmagic_window
from indexnet_cli.imaging.trimap_recipes import INDEXNET_DISTANCES, recipe_trimap

_RULE = RULES["mmagic"]


def sample_mmagic(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """indexnet_mobv2_1xb16-78k_comp1k: IndexNet's trimap, crop, resize (cubic), flip."""
    draw = draw_mmagic(view, rng, crop)
    planes = draw.source.cut(draw.window).resized(crop, crop, cv2.INTER_CUBIC)
    return (planes.flipped() if draw.is_flipped else planes).sample(view.scene.kind)


def draw_mmagic(view: SceneView, rng: np.random.Generator, crop: int) -> Draw:
    """Draw the trimap's distance, the window and the flip."""
    low, high = INDEXNET_DISTANCES
    scene = TrimappedScene(view, int(rng.integers(low, high + 1)), _RULE)
    source, window = _window_around_unknown(scene, rng, crop, cv2.INTER_CUBIC)
    return Draw(source, window, bool(rng.random() < 0.5), rounds=True)


def sample_dimaug(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """indexnet_mobv2-dimaug_1xb16-78k_comp1k: crop, flip, resize (bilinear), elliptic trimap."""
    source, window = _window_around_unknown(Composed(view, _RULE), rng, crop, cv2.INTER_LINEAR)
    planes = source.cut(window)
    if rng.random() < 0.5:
        planes = planes.flipped()
    planes = planes.resized(crop, crop, cv2.INTER_LINEAR)
    return planes.with_trimap(recipe_trimap("mmagic", planes.alpha, rng)).sample(view.scene.kind)


def _window_around_unknown(
    scene: Composed, rng: np.random.Generator, crop: int, method: int
) -> tuple[Cuttable, Window]:
    """A square of 1, 1.5 or 2 times ``crop`` about a fractional pixel, and what to cut it from."""
    size = int(crop * SCALES[int(rng.integers(len(SCALES)))])
    height, width = scene.view.alpha.shape
    if min(height, width) >= size:
        return scene, mmagic_window(rng, scene.view.reach == 0, size)
    ratio = size / min(height, width)
    planes = scene.cut(Window(0, 0, height, width))
    planes = planes.resized(ceil(height * ratio), ceil(width * ratio), method)
    fractional = (planes.alpha > 0) & (planes.alpha < 255)
    return planes, mmagic_window(rng, fractional, size)
