"""The Chainer Deep Image Matting's loader."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.planes import Planes, Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import anywhere

_REJECTIONS = 10
_SMALLEST_SHARE = 0.07


def sample_chainer(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """A crop in which neither class of the alpha is rare; after ten rejections the whole picture.

    Never flipped, as published. ``foreground`` is alpha * image and ``background``
    (1 - alpha) * photograph, both in whole levels: the published composition loss blends these
    with alpha once more.
    """
    planes = _crop(view, rng, crop)
    opacity = (planes.alpha.astype(np.float32) / np.float32(255))[..., None]
    front = (planes.image * opacity).astype(np.uint8)
    behind = view.background()
    if behind is not None:
        stretched = cv2.resize(behind, (crop, crop), interpolation=cv2.INTER_LINEAR)
        behind = (stretched * (1 - opacity)).astype(np.uint8)
    known = behind is not None
    whole = Planes(planes.image, planes.alpha, planes.trimap, front if known else None, behind)
    return whole.sample(view.scene.kind)


def _crop(view: SceneView, rng: np.random.Generator, crop: int) -> Planes:
    alpha, trimap = view.alpha, view.given_trimap()
    height, width = alpha.shape
    if min(height, width) >= crop:
        for _ in range(_REJECTIONS + 1):
            window = anywhere(rng, height + 1, width + 1, crop)
            if _both_classes(alpha[window.part]):
                return _planes(view, window, trimap)
    whole = _planes(view, Window.whole(alpha.shape), trimap)
    return whole.resized(crop, crop, cv2.INTER_LINEAR, cv2.INTER_NEAREST)


def _both_classes(alpha: NDArray[np.uint8]) -> bool:
    share = int(np.count_nonzero(alpha)) / alpha.size
    return _SMALLEST_SHARE < share < 1 - _SMALLEST_SHARE


def _planes(view: SceneView, window: Window, trimap: NDArray[np.uint8] | None) -> Planes:
    if trimap is None:
        raise ValueError(f"{view.scene.name} has no trimap")
    part = window.part
    return Planes(view.image()[part], view.alpha[part], trimap[part])
