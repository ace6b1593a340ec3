"""Put a cut-out somewhere else on a canvas: scaled, turned, moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.backgrounds import Position


@dataclass(frozen=True)
class Placement:
    """``scale`` factor, ``degrees`` counter-clockwise, and where the picture's centre goes.

    ``position`` is (x, y) as shares of the canvas.
    """

    scale: float = 1.0
    degrees: float = 0.0
    position: Position = (0.5, 0.5)

    def __post_init__(self) -> None:
        if not 0.01 <= self.scale <= 100:
            raise UsageError(f"A scale of {self.scale:g} is not possible.", "Say 0.01 to 100.")

    def apply(
        self, foreground: NDArray[np.float32], alpha: NDArray[np.float32], canvas: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Foreground and alpha of ``canvas`` (height, width); what leaves it is cut off.

        foreground is HxWx3, alpha HxW in [0, 1]. Colours are resampled weighted by alpha, so that
        what is invisible does not tint the edges.
        """
        import cv2

        if self == Placement() and alpha.shape == canvas:
            return foreground, alpha
        layers: NDArray[Any] = np.dstack([foreground * alpha[:, :, np.newaxis], alpha])
        scale = self.scale
        if scale < 1:
            # Averaged down first: a warp alone would leave out pixels.
            height, width = alpha.shape
            size = (max(round(width * scale), 1), max(round(height * scale), 1))
            layers = cv2.resize(layers, size, interpolation=cv2.INTER_AREA)
            scale = 1.0
        height, width = layers.shape[:2]
        centre = ((width - 1) / 2, (height - 1) / 2)
        matrix = cv2.getRotationMatrix2D(centre, self.degrees, scale)
        matrix[0, 2] += self.position[0] * canvas[1] - 0.5 - centre[0]
        matrix[1, 2] += self.position[1] * canvas[0] - 0.5 - centre[1]
        whole = self.degrees % 90 == 0 and scale == 1
        if whole:  # moved by whole pixels, nothing is resampled
            matrix = np.round(matrix)
        method = cv2.INTER_NEAREST if whole else cv2.INTER_LINEAR
        moved: NDArray[Any] = cv2.warpAffine(layers, matrix, canvas[::-1], flags=method)
        visible = moved[:, :, 3]
        colours = moved[:, :, :3] / np.maximum(visible, 1e-6)[:, :, np.newaxis]
        return np.clip(colours, 0, 1), np.ascontiguousarray(visible)
