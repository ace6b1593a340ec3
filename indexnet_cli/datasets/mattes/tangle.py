"""Tangles: fine strands over and under each other, dense here and thin there, rooted nowhere."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import (
    Alpha,
    Canvas,
    Matte,
    Points,
    grow_curves,
    join,
    lens_blur,
    random_body,
)
from indexnet_cli.datasets.noise import fractal_noise

_LAYERS = 3
_CELLS = 48


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of loose hair that lets through what is behind it, nearly everywhere."""
    flow = _Flow(rng, size)
    alpha: Alpha = np.zeros((size, size), np.float32)
    pieces = np.zeros((size, size), np.uint8)
    for _ in range(_LAYERS):
        canvas = Canvas(size)
        thickness = log_uniform(rng, 0.35, 1.2)
        curves = flow.strands(rng, thickness)
        canvas.strands(curves, thickness * rng.uniform(0.6, 1.5, len(curves)))
        alpha = join(alpha, canvas.alpha() * np.float32(rng.uniform(0.5, 1.0)))
        pieces = np.where(canvas.pieces > 0, canvas.pieces, pieces)
    if rng.random() < 0.4:
        alpha = join(alpha, random_body(rng, size, 6.0))
    return Matte(lens_blur(rng, alpha), pieces=pieces)


class _Flow:
    """Where strands are many, and which way they go there."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.size = size
        height = fractal_noise(rng, size, int(rng.integers(1, 4)), 3)
        slope = float(rng.uniform(0.3, 2.5))
        density = cv2.resize(np.exp(slope * height), (_CELLS, _CELLS)).ravel().astype(np.float64)
        self.shares = density / density.sum()  # of the strands, by cell
        bend = float(rng.uniform(0.1, 0.9))
        self.angles = float(rng.uniform(0, 2 * np.pi)) + bend * fractal_noise(rng, size, 1, 2)
        self.stray = log_uniform(rng, 0.04, 0.9)
        self.length = size * log_uniform(rng, 0.12, 0.8)
        self.curl = float(rng.exponential(0.3))
        self.cover = log_uniform(rng, 0.15, 1.0)

    def strands(self, rng: np.random.Generator, thickness: float) -> Points:
        """Grow as many strands (N x 10 x 2) as cover the chosen share of the scene."""
        count = int(np.clip(self.cover * self.size**2 / (self.length * thickness), 20, 3500))
        cells = rng.choice(_CELLS**2, count, p=self.shares)
        middle = (np.stack([cells % _CELLS, cells // _CELLS], 1) + rng.random((count, 2))) / _CELLS
        middle = middle * self.size
        at = np.clip(middle.astype(int), 0, self.size - 1)
        heading = self.angles[at[:, 1], at[:, 0]] + rng.normal(0, self.stray, count)
        heading = heading + np.pi * rng.integers(0, 2, count)
        lengths = self.length * rng.uniform(0.4, 1.3, count)
        back = np.stack([np.cos(heading), np.sin(heading)], axis=1)
        return grow_curves(
            middle - back * lengths[:, None] / 2,
            heading,
            lengths,
            rng.normal(0, 0.4 + self.stray, count),
            self.curl * rng.uniform(0, 1.5, count),
            rng.uniform(0, 2 * np.pi, count),
            rng.uniform(0.5, 2, count),
            count=10,
        )
