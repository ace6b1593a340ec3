"""IndexNet's loader, which its Deep Matting uses too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.composing import RULES, CompositionRule
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.planes import Planes, Window
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sampling.windows import indexnet_window
from indexnet_cli.imaging.trimap_recipes import INDEXNET_DISTANCES
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

SCALES = (1.0, 1.5, 2.0)
_ENLARGED_BY = 180  # a picture smaller than the crop is enlarged to this much more than it


class Cuttable(Protocol):
    """Something windows are cut from."""

    def cut(self, window: Window) -> Planes:
        """The planes of a window, the trimap among them."""
        ...


@dataclass(frozen=True)
class Draw:
    """Everything that chance decides about a sample; no pixel is computed yet.

    Resized, if at all, by cubic interpolation; ``rounds``: to whole levels, as OpenCV does.
    """

    source: Cuttable
    window: Window
    is_flipped: bool
    rounds: bool = False


def sample_indexnet(view: SceneView, rng: np.random.Generator, crop: int) -> Sample:
    """Unknown within 1 to 19 pixels of a fractional one; random crop; flip."""
    draw = draw_indexnet(view, rng, crop)
    planes = _at_size(draw.source.cut(draw.window), crop)
    return (planes.flipped() if draw.is_flipped else planes).sample(view.scene.kind)


def draw_indexnet(view: SceneView, rng: np.random.Generator, crop: int) -> Draw:
    """Draw the trimap's distance, the window and the flip."""
    low, high = INDEXNET_DISTANCES
    distance = int(rng.integers(low, high + 1))
    scene = TrimappedScene(view, distance, RULES["indexnet"], shrink=True)
    source, window = choose_window(scene, view.reach <= distance, rng, crop)
    return Draw(source, window, bool(rng.random() < 0.5))


def random_crop(
    source: Cuttable, unknown: NDArray[np.bool_], rng: np.random.Generator, crop: int
) -> Planes:
    """A window of 1, 1.5 or 2 times ``crop``, resized to crop x crop: cubic, trimap nearest."""
    source, window = choose_window(source, unknown, rng, crop)
    return _at_size(source.cut(window), crop)


def choose_window(
    source: Cuttable, unknown: NDArray[np.bool_], rng: np.random.Generator, crop: int
) -> tuple[Cuttable, Window]:
    """Where to cut, and from what: a picture smaller than ``crop`` is enlarged first."""
    if min(unknown.shape) < crop:
        scale = (crop + _ENLARGED_BY) / min(unknown.shape)
        height, width = (int(side * scale) for side in unknown.shape)
        whole = source.cut(Window.whole(unknown.shape)).as_float()
        enlarged = whole.resized(height, width, cv2.INTER_CUBIC)
        source, unknown = enlarged, np.asarray(enlarged.trimap) == UNKNOWN
    return source, indexnet_window(rng, unknown, [int(crop * scale) for scale in SCALES])


def _at_size(planes: Planes, crop: int) -> Planes:
    if planes.size == (crop, crop):
        return planes
    return planes.as_float().resized(crop, crop, cv2.INTER_CUBIC)


class Composed:
    """A view whose windows are composed by a rule; the trimap comes later."""

    def __init__(self, view: SceneView, rule: CompositionRule, shrink: bool = False) -> None:
        self.view, self.rule, self.shrink = view, rule, shrink

    def cut(self, window: Window) -> Planes:
        """The planes of a window."""
        return self.view.cut(window, self.rule, self.shrink)


class TrimappedScene(Composed):
    """A view whose windows come with the trimap of one distance."""

    def __init__(
        self, view: SceneView, distance: int, rule: CompositionRule, shrink: bool = False
    ) -> None:
        super().__init__(view, rule, shrink)
        self.distance = distance

    def cut(self, window: Window) -> Planes:
        """The planes of a window, the trimap among them."""
        return super().cut(window).with_trimap(self.trimap(window))

    def trimap(self, window: Window) -> NDArray[np.uint8]:
        """The trimap of a window."""
        near = self.view.reach[window.part] <= self.distance
        return distance_trimap(self.view.alpha[window.part], near)


def distance_trimap(alpha: NDArray[np.uint8], near: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Foreground where alpha is 255, unknown where ``near`` is true, background elsewhere."""
    trimap = np.where(alpha == 255, np.uint8(FOREGROUND), np.uint8(BACKGROUND))
    trimap[near] = UNKNOWN
    return trimap
