"""Glass, plastic and veils: vessels, or partial transparency with rims, folds and highlights."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes import vessel
from indexnet_cli.datasets.mattes.drawing import (
    Alpha,
    Canvas,
    Matte,
    body_outline,
    join,
    lens_blur,
    random_body,
)
from indexnet_cli.datasets.noise import fractal_noise

_VESSELS = 0.7


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of glass or of a veil."""
    if rng.random() < _VESSELS:
        return vessel.draw(rng, size)
    outline = body_outline(rng, size, 0.4, 1.5)
    canvas = Canvas(size)
    canvas.fill(outline)
    inside = canvas.alpha()
    if rng.random() < 0.3:  # cloth: nearly opaque
        density = np.float32(rng.uniform(0.75, 0.99)) * _relief(rng, size) ** np.float32(0.15)
    else:
        density = np.float32(rng.uniform(0.06, 0.6)) * _relief(rng, size)
    if rng.random() < 0.6:
        density = density + _rim(rng, inside)
    if rng.random() < 0.6:
        spots = fractal_noise(rng, size, int(rng.integers(2, 7)), 2)
        density = density + np.clip(2 * (spots - float(rng.uniform(1.1, 1.8))), 0, 0.9)
    alpha = lens_blur(rng, np.clip(density, 0, 0.98) * inside, 0.2, 3.0)
    return Matte(join(alpha, random_body(rng, size)) if rng.random() < 0.65 else alpha)


def _relief(rng: np.random.Generator, size: int) -> Alpha:
    """Slow variation (mean about 1), with folds in one direction as on hanging cloth."""
    relief = 1 + float(rng.uniform(0, 0.35)) * fractal_noise(rng, size, 2, 3)
    if rng.random() < 0.6:
        angle = float(rng.uniform(0, 2 * np.pi))
        axis = np.arange(size, dtype=np.float32)
        across = np.float32(np.cos(angle)) * axis[None] + np.float32(np.sin(angle)) * axis[:, None]
        bent = across * float(rng.uniform(8, 40)) / size + 1.5 * fractal_noise(rng, size, 1, 2)
        fold = np.maximum(np.sin(bent), 0) ** int(rng.integers(1, 9))
        relief = relief + float(rng.uniform(0.2, 1.8)) * fold
    return np.clip(relief, 0.15, 4).astype(np.float32)


def _rim(rng: np.random.Generator, inside: Alpha) -> Alpha:
    """Denser towards the edge, where one looks along the glass."""
    depth = cv2.distanceTransform((inside > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    width = log_uniform(rng, 1.5, 20)
    return np.exp(-depth / np.float32(width)) * np.float32(rng.uniform(0.2, 0.9))
