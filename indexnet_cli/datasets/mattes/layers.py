"""Things of several materials: layers with colours of their own, one over the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.mattes.drawing import Matte, lens_blur, random_body
from indexnet_cli.datasets.noise import soft_blur
from indexnet_cli.datasets.textures import smooth_texture

Plane = NDArray[np.float32]
Colour = NDArray[np.float32]
_WHITE = 255.0


class Layers:
    """Colours that cover one another, from behind to the front."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.alpha = np.zeros((size, size), np.float32)
        self.covered = np.zeros((size, size, 3), np.float32)  # colours times alpha

    def cover(self, alpha: Plane, colours: Colour) -> None:
        """Lay ``alpha`` (HxH) of ``colours`` (3, or HxHx3, of 255) over what is there."""
        alpha = np.clip(alpha, 0, 1).astype(np.float32)
        self.covered += alpha[..., None] * (colours - self.covered)
        self.alpha += alpha * (1 - self.alpha)

    def cover_by_body(self, rng: np.random.Generator) -> None:
        """Lay something solid over it."""
        body = random_body(rng, self.size)
        self.cover(body, smooth_texture(rng, self.size).astype(np.float32))

    def matte(self, rng: np.random.Generator) -> Matte:
        """All of it, as a lens sees it."""
        planes = np.dstack([self.covered / np.float32(_WHITE), self.alpha])
        blurred = lens_blur(rng, planes, 0.15, 3.0)
        alpha = np.ascontiguousarray(blurred[..., 3])
        colours = blurred[..., :3] * (_WHITE / np.maximum(alpha, 1e-3))[..., None]
        # Where there is nothing, blurring the matte later must find the colour that is beside it.
        around = np.maximum(soft_blur(self.alpha, 8.0), 1e-3)[..., None]
        nearby = soft_blur(self.covered, 8.0) / around
        colours += (alpha < 0.01)[..., None] * (nearby - colours)
        return Matte(alpha, np.clip(colours + 0.5, 0, 255).astype(np.uint8))
