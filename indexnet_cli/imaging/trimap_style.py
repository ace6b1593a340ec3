"""How trimaps are made from mattes, masks, boxes and points: the choices as one value."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimap_recipes import RECIPES, indexnet_trimap, recipe_trimap
from indexnet_cli.imaging.trimaps import (
    FIRST_FOREGROUND,
    HALF_LEVEL,
    LAST_BACKGROUND,
    Shape,
    make_trimap,
)

EXACT_THRESHOLDS = (HALF_LEVEL, 1 - HALF_LEVEL)
# What trimaps tolerate: masks are saved as JPEG and resized as often as they are.
MASK_THRESHOLDS = ((LAST_BACKGROUND + 0.5) / 255, (FIRST_FOREGROUND - 0.5) / 255)


@dataclass(frozen=True)
class Radius:
    """A length in pixels, or as a share of the picture's shorter side."""

    value: float
    is_share: bool = False

    @classmethod
    def parse(cls, text: str) -> Radius:
        """Read ``12``, ``12px`` or ``1.5%``. Raises UsageError for anything else."""
        is_share = text.endswith("%")
        try:
            value = float(text.removesuffix("%").removesuffix("px"))
        except ValueError:
            value = -1.0
        if not 0 <= value < (100 if is_share else 100_000):
            raise UsageError(
                f"{text!r} is no radius.", "Give pixels (12) or a share of the shorter side (1.5%)."
            )
        return cls(value / 100 if is_share else value, is_share)

    def pixels(self, shape: tuple[int, ...]) -> float:
        """The length in pixels of a picture HxW; a share is at least one pixel unless it is 0."""
        if not self.is_share or self.value == 0:
            return self.value
        return max(self.value * min(shape[:2]), 1.0)


DEFAULT_RADIUS = Radius(0.015, is_share=True)


@dataclass(frozen=True)
class TrimapStyle:
    """What ``make`` does: erosion and dilation, or a published distance, or a training recipe."""

    erode: Radius = DEFAULT_RADIUS
    dilate: Radius | None = None
    shape: Shape = "disc"
    thresholds: tuple[float, float] = EXACT_THRESHOLDS
    distance: float | None = None
    recipe: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.recipe is not None and self.recipe not in RECIPES:
            raise UsageError(f"No such recipe: {self.recipe}.", f"Known: {', '.join(RECIPES)}.")
        low, high = self.thresholds
        if not 0 <= low < high <= 1:
            raise UsageError(
                f"The thresholds {low:g},{high:g} are not in order.", "Say 0 <= LOW < HIGH <= 1."
            )

    def make(self, alpha: NDArray[np.float32], name: str = "") -> NDArray[np.uint8]:
        """Trimap HxW uint8 (0, 128, 255) of a matte or mask HxW in [0, 1].

        Recipes draw by seed and name, so that a picture's trimap does not depend on which others
        are made beside it.
        """
        if self.recipe is not None:
            rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
            return recipe_trimap(self.recipe, alpha, rng)
        if self.distance is not None:
            return indexnet_trimap(self._levels(alpha), self.distance)
        low, high = self.thresholds
        erode = self.erode.pixels(alpha.shape)
        dilate = (self.dilate or self.erode).pixels(alpha.shape)
        return make_trimap(alpha, erode, dilate, low=low, high=high, shape=self.shape)

    def _levels(self, alpha: NDArray[np.float32]) -> NDArray[Any]:
        low, high = self.thresholds
        levels = np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
        levels[alpha <= low] = 0
        levels[alpha >= high] = 255
        return levels
