"""Held-out scenes as whole pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.composing import RULES
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.planes import Window
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.imaging.trimaps import UNKNOWN

REACH = 10  # pixels from a fractional one that are unknown where a scene has no trimap


class WholeScenes:
    """The first ``most`` scenes of ``samples``, whole; a foreground over one photograph of its own.

    The given trimap, or else what lies within REACH pixels of a fractional one.
    """

    def __init__(self, samples: SceneSamples, most: int) -> None:
        self.samples = samples
        self.count = min(most, len(samples.scenes))

    @property
    def names(self) -> list[str]:
        """What the scenes are called."""
        return [scene.name for scene in self.samples.scenes[: self.count]]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        scene = self.samples.scenes[index]
        view = SceneView(scene, self._behind(index), self.samples.store, index, 0)
        planes = view.cut(Window.whole(view.alpha.shape), RULES["indexnet"])
        given = view.given_trimap()
        trimap = _trimap(view) if given is None else given
        return planes.with_trimap(trimap).sample(scene.name)

    def _behind(self, index: int) -> Path | None:
        own, photographs = self.samples.scenes[index].background, self.samples.backgrounds
        if own is not None or not photographs:
            return own
        return photographs[index % len(photographs)]


def _trimap(view: SceneView) -> NDArray[np.uint8]:
    known = np.where(view.alpha == 255, 255, 0)
    return np.where(view.reach <= REACH, UNKNOWN, known).astype(np.uint8)
