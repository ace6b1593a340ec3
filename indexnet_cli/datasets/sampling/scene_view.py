"""One scene with the photograph behind it: nothing is decoded or composed but what is cut out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.composing import CompositionRule, compose, fit_background
from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.layouts.scene import Scene
from indexnet_cli.datasets.sampling.planes import Planes, Window
from indexnet_cli.errors import InputError

Pixels = NDArray[np.uint8]


class SceneView:
    """A scene as arrays; ``number`` and ``epoch`` are those of the sample that is drawn."""

    def __init__(
        self, scene: Scene, background: Path | None, store: DecodedStore, number: int, epoch: int
    ) -> None:
        self.scene, self.store = scene, store
        self.number, self.epoch = number, epoch
        self._background = background

    @property
    def alpha(self) -> Pixels:
        """The matte, HxW uint8."""
        return self.store.alpha(self.scene.alpha)

    @property
    def reach(self) -> Pixels:
        """Distances to its fractional pixels, see DecodedStore.reach."""
        return self.store.reach(self.scene.alpha)

    def foreground(self) -> Pixels | None:
        """Its colours, HxWx3 uint8, if they are known."""
        path = self.scene.foreground
        return None if path is None else self._fitting(self.store.colours(path), path)

    def background(self) -> Pixels | None:
        """The photograph behind it, of any size."""
        return None if self._background is None else self.store.colours(self._background)

    def image(self) -> Pixels:
        """The photograph of a scene that is not composed, HxWx3 uint8."""
        if self.scene.image is None:
            raise InputError(
                f"{self.scene.name}: a foreground without a photograph to put behind it.",
                "Name a folder of photographs with --backgrounds.",
            )
        return self._fitting(self.store.colours(self.scene.image), self.scene.image)

    def given_trimap(self) -> Pixels | None:
        """The trimap that came with the scene; of several the one of this epoch."""
        trimaps = self.scene.trimaps
        if not trimaps:
            return None
        path = trimaps[self.epoch % len(trimaps)]
        return self._fitting(self.store.trimap(path), path)

    def cut(self, window: Window, rule: CompositionRule, shrink: bool = False) -> Planes:
        """The planes of a window, composed there if the scene is composed.

        With ``shrink`` the background plane is the one that IndexNet's loader makes, which a
        photograph larger than the foreground does not show as it was composed.
        """
        alpha = self.alpha[window.part]
        layers = self.layers(window, rule)
        if layers is None:
            return Planes(self.image()[window.part], alpha)
        front, behind = layers
        image = compose(front, alpha, behind, rule)
        if shrink and self.is_shrunk():
            behind = self._fitted(rule, shrink)[window.part]
        return Planes(image, alpha, None, front, behind)

    def layers(self, window: Window, rule: CompositionRule) -> tuple[Pixels, Pixels] | None:
        """Foreground and background of a window; None of a scene that is not composed."""
        front = self.foreground()
        if front is None or self._background is None or not self.scene.is_composed:
            return None
        return front[window.part], self._fitted(rule)[window.part]

    def is_shrunk(self) -> bool:
        """Whether the photograph is larger than the foreground in both directions."""
        behind = self.background()
        height, width = self.alpha.shape
        return behind is not None and behind.shape[0] > height and behind.shape[1] > width

    def _fitted(self, rule: CompositionRule, shrink: bool = False) -> Pixels:
        behind = self.background()
        if behind is None:
            raise ValueError(f"{self.scene.name} has no background")
        height, width = self.alpha.shape
        return fit_background(behind, height, width, rule, shrink)

    def _fitting(self, pixels: Pixels, path: Path) -> Pixels:
        if pixels.shape[:2] != self.alpha.shape:
            raise InputError(
                f"{path} has another size than {self.scene.alpha}.", "Nothing is resized silently."
            )
        return pixels
