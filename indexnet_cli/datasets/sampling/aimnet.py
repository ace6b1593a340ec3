"""AimNet: transfer from saliency (DUTS), and matting (DIM, HATT, AM-2k over BG-20k)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.planes import Planes, Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import aimnet_window
from indexnet_cli.imaging.trimap_recipes import aimnet_trimap
from indexnet_cli.imaging.trimaps import UNKNOWN

BAGS = {"AM2K": 2}  # backgrounds a foreground and epoch
OTHER_BAGS = 5  # DIM, HATT
_SCALES = (2, 3, 4)
_BLURS = (20, 30, 40, 50, 60)
_NOISE = 10.0
_SALIENCY_KERNEL = 10


def sample_transfer(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """The whole photograph, flipped by chance, at crop x crop; trimap of the mask, kernel 10."""
    planes = Planes(view.image(), view.alpha)
    if rng.random() < 0.5:
        planes = planes.flipped()
    planes = planes.resized(crop, crop, cv2.INTER_LINEAR)
    trimap = aimnet_trimap(planes.alpha, _SALIENCY_KERNEL)
    return planes.with_trimap(trimap).sample(view.scene.kind)


def sample_matting(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """Crop of 2, 3 or 4 times ``crop`` where the picture is larger, blur, noise, flip, resize.

    The trimap is the unified semantic representation, resized bilinearly as published: pixels
    between its classes have other greys.
    """
    usr = _usr(view)
    size = crop * _SCALES[int(rng.integers(len(_SCALES)))]
    shorter = min(usr.shape)
    size = size if size < shorter else min(crop, shorter)
    window = aimnet_window(rng, usr == UNKNOWN, size)
    planes = _composed(view, rng, window).with_trimap(usr[window.part])
    if rng.random() < 0.5:
        planes = planes.flipped()
    return planes.resized(crop, crop, cv2.INTER_LINEAR, cv2.INTER_LINEAR).sample(view.scene.kind)


def _usr(view: SceneView) -> NDArray[np.uint8]:
    path = view.scene.usr
    if path is not None:
        return view.store.trimap(path)
    return view.store.usr(view.scene.alpha, view.scene.type or "SO")


def _composed(view: SceneView, rng: np.random.Generator, window: Window) -> Planes:
    alpha = view.alpha[window.part]
    front, behind = view.foreground(), view.background()
    if front is None or behind is None:
        return Planes(view.image()[window.part], alpha)
    height, width = view.alpha.shape
    stretched = cv2.resize(behind, (width, height), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        kernel = _BLURS[int(rng.integers(len(_BLURS)))]
        stretched = cv2.blur(stretched, (kernel, kernel))
    planes = _over(front[window.part], alpha, np.asarray(stretched[window.part], np.uint8))
    return _noisy(planes, rng) if rng.random() < 0.5 else planes


def _over(front: NDArray[np.uint8], alpha: NDArray[np.uint8], behind: NDArray[np.uint8]) -> Planes:
    opacity = (alpha.astype(np.float32) / np.float32(255))[..., None]
    image = (front * opacity + behind * (1 - opacity)).astype(np.uint8)
    return Planes(image, alpha, None, front, behind)


def _noisy(planes: Planes, rng: np.random.Generator) -> Planes:
    """The same noise on composition, foreground and background, which wraps around as published."""
    noise = rng.normal(0.0, _NOISE, planes.image.shape)
    return planes.with_colours(
        lambda plane: (plane + noise).astype(np.int16).astype(np.uint8)  # wraps on purpose
    )
