"""Trimaps of an alpha matte exactly as the published training recipes draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

Alpha = NDArray[np.uint8]
Trimap = NDArray[np.uint8]

# What the recipes draw from, inclusive.
INDEXNET_DISTANCES = (1, 19)
DIM_SIZES, DIM_ITERATIONS = (2, 4), (5, 14)
MMAGIC_SIZES = (1, 29)
AIMNET_SIZE = 30
USR_KINDS = ("SO", "STM", "NS")


def indexnet_trimap(alpha: Alpha, distance: float) -> Trimap:
    """Unknown is what lies within ``distance`` pixels of a fractional alpha (IndexNet's loader).

    alpha is HxW uint8; a hard edge has no fractional pixel and gets no unknown one either.
    """
    import cv2

    fractional = (alpha > 0) & (alpha < 255)
    trimap = np.where(alpha == 255, np.uint8(FOREGROUND), np.uint8(BACKGROUND))
    if fractional.any():
        away = (~fractional).astype(np.uint8)
        near = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= distance
        trimap[near] = UNKNOWN
    return trimap


def dim_trimap(alpha: Alpha, size: int, iterations: int) -> Trimap:
    """Erode and dilate ``iterations`` times with one elliptic kernel (Deep Image Matting).

    Even kernels are off-centre in OpenCV, and so is the unknown band then, as published.
    """
    import cv2

    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    eroded = cv2.erode(alpha, kernel, iterations=iterations)
    return _between(eroded, cv2.dilate(alpha, kernel, iterations=iterations))


def mmagic_trimap(alpha: Alpha, erode: int, dilate: int) -> Trimap:
    """Erode and dilate once, each with an elliptic kernel of its own size (mmagic's DIM)."""
    import cv2

    inner = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (erode, erode))
    outer = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (dilate, dilate))
    return _between(cv2.erode(alpha, inner), cv2.dilate(alpha, outer))


def aimnet_trimap(alpha: Alpha, size: int = AIMNET_SIZE) -> Trimap:
    """Dilate what is visible and erode what is opaque, once, with one elliptic kernel (AimNet)."""
    return mmagic_trimap(alpha, size, size)


def aimnet_usr(alpha: Alpha, kind: str, size: int = AIMNET_SIZE) -> Trimap:
    """AIM's unified semantic representation of a matte HxW uint8: a trimap for every kind of image.

    ``kind`` is SO (salient and opaque: the trimap itself), STM (salient, transparent or meticulous:
    no foreground class) or NS (not salient: unknown everywhere). Raises ValueError for another.
    """
    if kind not in USR_KINDS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(USR_KINDS)}")
    if kind == "NS":
        return np.full(alpha.shape, UNKNOWN, np.uint8)
    trimap = aimnet_trimap(alpha, size)
    return trimap if kind == "SO" else np.minimum(trimap, np.uint8(UNKNOWN))


def _between(eroded: NDArray[Any], dilated: NDArray[Any]) -> Trimap:
    trimap = np.full(eroded.shape, UNKNOWN, np.uint8)
    trimap[eroded == 255] = FOREGROUND
    trimap[dilated == 0] = BACKGROUND
    return trimap


def _draw(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    return int(rng.integers(bounds[0], bounds[1] + 1))


RECIPES: dict[str, Callable[[Alpha, np.random.Generator], Trimap]] = {
    "indexnet": lambda alpha, rng: indexnet_trimap(alpha, _draw(rng, INDEXNET_DISTANCES)),
    "dim": lambda alpha, rng: dim_trimap(alpha, _draw(rng, DIM_SIZES), _draw(rng, DIM_ITERATIONS)),
    "mmagic": lambda alpha, rng: mmagic_trimap(
        alpha, _draw(rng, MMAGIC_SIZES), _draw(rng, MMAGIC_SIZES)
    ),
    "aimnet": lambda alpha, _rng: aimnet_trimap(alpha),
}


def recipe_trimap(recipe: str, alpha: NDArray[Any], rng: np.random.Generator) -> Trimap:
    """Trimap HxW uint8 (0, 128, 255) of an alpha as the training recipe of that name draws it.

    alpha is HxW float in [0, 1] (rounded to 8 bits) or uint8. ``recipe`` is a name of RECIPES;
    all but aimnet choose their sizes by chance. Raises ValueError for another name.
    """
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe {recipe!r}; known: {', '.join(RECIPES)}")
    if alpha.dtype != np.uint8:
        alpha = np.rint(np.clip(alpha, 0.0, 1.0) * 255).astype(np.uint8)
    return RECIPES[recipe](alpha, rng)
