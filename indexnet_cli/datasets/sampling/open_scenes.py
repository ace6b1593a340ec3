"""Our own recipe on folders of any layout: harder trimaps, exposure and damage by chance."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.colours import background_colours
from indexnet_cli.datasets.composing import RULES
from indexnet_cli.datasets.damage import apply_table, damage_image, photometric_table
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.planes import Planes, Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import mmagic_window
from indexnet_cli.datasets.trimaps import leave_out, random_trimap

_LARGEST_SCALE = 2.0
_GIVEN_TRIMAP = 0.5


def sample_open(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """A square of 1 to 2 times ``crop`` about a fractional pixel, at crop x crop.

    Half of the trimaps are the given ones where a scene comes with one; the others are drawn.
    """
    height, width = view.alpha.shape
    size = min(int(crop * rng.uniform(1.0, _LARGEST_SCALE)), height, width)
    window = mmagic_window(rng, view.reach == 0, size)
    planes = _cut(view, window)
    method = cv2.INTER_AREA if size > crop else cv2.INTER_CUBIC
    planes = planes.resized(crop, crop, method)
    if rng.random() < 0.5:
        planes = planes.flipped()
    drawn = planes.with_trimap(_trimap(planes, rng)).sample(view.scene.kind)
    photograph = view.background()
    if view.scene.is_composed and photograph is not None:
        behind = background_colours(rng, photograph, crop)
        return _composed(drawn, planes.foreground, behind, rng)
    table = photometric_table(rng)
    pixels = np.ascontiguousarray(planes.image, np.uint8)
    return replace(drawn, image=damage_image(rng, apply_table(pixels, table)))


def _cut(view: SceneView, window: Window) -> Planes:
    given = view.given_trimap()
    trimap = None if given is None else given[window.part]
    return view.cut(window, RULES["indexnet"]).with_trimap(trimap)


def _trimap(planes: Planes, rng: np.random.Generator) -> NDArray[np.uint8]:
    if planes.trimap is not None and rng.random() < _GIVEN_TRIMAP:
        return planes.trimap
    drawn = random_trimap(rng, planes.alpha.astype(np.float32) / np.float32(255))
    return leave_out(rng, drawn)


def _composed(
    drawn: Sample,
    front: NDArray[np.uint8] | None,
    behind: NDArray[np.uint8],
    rng: np.random.Generator,
) -> Sample:
    table = photometric_table(rng)
    foreground = apply_table(np.ascontiguousarray(front, np.uint8), table)
    background = apply_table(behind, table)
    image = background + drawn.alpha[..., None] * (foreground - background)
    return replace(
        drawn, image=damage_image(rng, image), foreground=foreground, background=background
    )
