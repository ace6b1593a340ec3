"""Defocus: solid shapes with edges blurred by 0.5 to 15 pixels, evenly or more on one side."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Canvas, Matte, body_outline, smooth_outline
from indexnet_cli.datasets.noise import defocus, soft_blur


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of defocused shapes."""
    canvas = Canvas(size)
    canvas.fill(body_outline(rng, size))
    for _ in range(int(rng.integers(0, 5))):
        radius = size * log_uniform(rng, 0.02, 0.4)
        bumps = float(rng.uniform(0.1, 0.9))
        outline = smooth_outline(rng, radius, bumps) + size * rng.uniform(0, 1, 2)
        canvas.fill(outline, 255 if rng.random() < 0.65 else 0)
    sharp = canvas.alpha()
    sigma = log_uniform(rng, 0.5, 15)
    blurred = defocus(sharp, 2 * sigma) if rng.random() < 0.5 else soft_blur(sharp, sigma)
    if rng.random() < 0.4:
        nearer = soft_blur(sharp, sigma * float(rng.uniform(0.15, 0.6)))
        axis = np.linspace(0, 1, size, dtype=np.float32)
        ramp = axis[None] if rng.random() < 0.5 else axis[:, None]
        blurred = ramp * blurred + (1 - ramp) * nearer
    return Matte(np.clip(blurred, 0, 1).astype(np.float32))
