"""Fur: a border of many short strands, combed alike, on the outline of a solid animal-like body."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.mattes.drawing import (
    Alpha,
    Canvas,
    body_outline,
    grow_curves,
    lens_blur,
    visible_roots,
)


def draw(rng: np.random.Generator, size: int) -> Alpha:
    """Draw a matte of fur, size x size float32 in [0, 1]."""
    outline = body_outline(rng, size, 0.3, 1.6)
    canvas = Canvas(size)
    canvas.fill(outline)
    long = float(np.exp(rng.uniform(np.log(8), np.log(75))))
    count = int(rng.uniform(250, 600) * (1 if long < 40 else 0.7))
    roots, normals = visible_roots(rng, outline, size, count)
    lean = float(rng.normal(0, 0.5))
    # Tufts: neighbours along the outline share a lean, and so close up into points.
    tuft = rng.normal(0, float(rng.uniform(0.1, 0.45)), 97)
    place = (np.arctan2(*(roots - outline.mean(axis=0)).T) * 40).astype(int) % 97
    angles = np.arctan2(normals[:, 1], normals[:, 0]) + lean + tuft[place]
    angles += rng.normal(0, 0.15, count)
    lengths = long * rng.uniform(0.35, 1.1, count)
    depth = rng.uniform(0.0, 0.6, (count, 1)) * long
    curves = grow_curves(
        roots - depth * normals * 0.7 - 2 * normals, angles, lengths + 4,
        rng.normal(lean * 0.5, 0.4, count), count=7,
    )
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(2.0))))
    canvas.strands(curves, scale * rng.uniform(0.5, 1.6, count))
    return lens_blur(rng, canvas.alpha(), 0.25)
