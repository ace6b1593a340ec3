"""Fur: dense short strands in tufts, combed alike, thinning out from a solid animal-like body."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import (
    Canvas,
    Matte,
    Points,
    body_outline,
    grow_curves,
    lens_blur,
    visible_roots,
)

_TUFTS = 197


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of fur."""
    outline = body_outline(rng, size, 0.3, 1.6)
    canvas = Canvas(size)
    long = log_uniform(rng, 6, 65)
    lean, turn = float(rng.normal(0, 0.7)), float(rng.normal(0, 0.4))
    tufts = rng.normal(0, float(rng.uniform(0.05, 0.4)), _TUFTS)
    dense = 0.4 + float(rng.uniform(0, 1.1))

    def layer(count: int, reach: float) -> Points:
        return _layer(rng, outline, size, int(dense * count), long * reach, lean, turn, tufts)

    # From the farthest, faintest hairs inwards; brighter layers cover those before.
    canvas.lines(layer(300, 1.3), 0.5, int(rng.integers(50, 110)))
    canvas.lines(layer(450, 1.05), 0.5, int(rng.integers(110, 180)))
    canvas.lines(layer(550, 0.8), 0.5, int(rng.integers(190, 255)))
    canvas.fill(outline)
    coat = layer(420, 0.65)
    scale = log_uniform(rng, 0.5, 1.5)
    canvas.strands(coat, scale * rng.uniform(0.5, 1.5, len(coat)))
    return Matte(lens_blur(rng, canvas.alpha(), 0.3), pieces=canvas.pieces)


def _layer(
    rng: np.random.Generator,
    outline: Points,
    size: int,
    count: int,
    long: float,
    lean: float,
    turn: float,
    tufts: Points,
) -> Points:
    """Grow strands (N x 7 x 2); neighbours share a lean and so close up into points."""
    roots, normals = visible_roots(rng, outline, size, count)
    around = np.arctan2(*(roots - outline.mean(axis=0)).T)
    place = np.round(around * 0.5 * _TUFTS / np.pi).astype(int) % _TUFTS
    angles = np.arctan2(normals[:, 1], normals[:, 0]) + lean + tufts[place]
    return grow_curves(
        roots - rng.uniform(0, 0.4, (count, 1)) * long * normals - 2 * normals,
        angles + rng.normal(0, 0.16, count),
        4 + long * rng.uniform(0.3, 1.1, count),
        rng.normal(turn, 0.3, count),
        count=7,
    )
