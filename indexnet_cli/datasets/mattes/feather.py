"""Feathers: barbs on both sides of a bent shaft, a vane with splits, down at the base."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.mattes.drawing import (
    Canvas,
    Matte,
    grow_curves,
    join,
    lens_blur,
    random_body,
)


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of feathers."""
    canvas = Canvas(size)
    for _ in range(int(rng.integers(1, 4))):
        _feather(rng, canvas)
    alpha = lens_blur(rng, canvas.alpha())
    alpha = join(alpha, random_body(rng, size)) if rng.random() < 0.4 else alpha
    return Matte(alpha, pieces=canvas.pieces)


def _feather(rng: np.random.Generator, canvas: Canvas) -> None:
    size = canvas.size
    length = size * float(rng.uniform(0.5, 1.4))
    angle = float(rng.uniform(0, 2 * np.pi))
    middle = size * rng.uniform(0.3, 0.7, 2)
    root = middle - 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    bend = np.array([float(rng.normal(0, 0.7))])
    shaft = grow_curves(root[None], np.array([angle]), np.array([length]), bend, count=64)[0]
    reach = length * float(rng.uniform(0.1, 0.32))
    for side in (-1.0, 1.0):
        count = int(length * float(rng.uniform(0.8, 1.8)))
        where = np.sort(rng.uniform(0.03, 1.0, count))
        index = where * 62
        low = index.astype(int)
        share = (index - low)[:, None]
        roots = shaft[low] * (1 - share) + shaft[low + 1] * share
        heading = np.arctan2(*(shaft[low + 1] - shaft[low]).T[::-1])
        torn = rng.normal(0, float(rng.uniform(0.02, 0.14)), count // 16 + 1)
        splits = np.repeat(torn, 16)[:count]
        downy = np.maximum(0.25 - where, 0) * 4
        open_angle = 0.75 - 0.35 * where + splits + rng.normal(0, 0.03, count) * (1 + 12 * downy)
        profile = np.sin(np.pi * np.clip(where * 0.93 + 0.05, 0, 1)) ** 0.6
        lengths = reach * profile * rng.uniform(0.85, 1.05, count)
        curves = grow_curves(
            roots,
            heading + side * open_angle,
            lengths,
            side * (-0.5 + rng.normal(0, 0.08, count) + downy * rng.normal(0, 1, count)),
            count=7,
        )
        canvas.strands(curves, rng.uniform(0.6, 1.5, count) * (1 - 0.5 * np.minimum(downy, 1)))
    canvas.strands(shaft[None], np.array([max(length / 80, 1.2)]))
