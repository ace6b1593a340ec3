"""Smoke, steam and mist: warped fractal noise under a soft envelope."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.mattes.drawing import Matte, join, random_body
from indexnet_cli.datasets.noise import fractal_noise


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of smoke."""
    field = fractal_noise(rng, size, int(rng.integers(1, 5)), 7, float(rng.uniform(0.4, 0.68)))
    swirl = size * float(rng.uniform(0, 0.16))
    axis = np.arange(size, dtype=np.float32)
    x = axis[None] + swirl * fractal_noise(rng, size, 2, 3)
    y = axis[:, None] + swirl * fractal_noise(rng, size, 2, 3)
    warped = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    envelope = 1.2 * fractal_noise(rng, size, 1, 2) + float(rng.uniform(-0.4, 0.6))
    density = np.clip(0.5 * warped * float(rng.uniform(0.4, 1.3)) + envelope, 0, None)
    # Light that passes falls off exponentially with the smoke in its way.
    alpha = 1 - np.exp(-density * np.float32(rng.uniform(0.4, 2.5)))
    alpha = alpha.astype(np.float32) * np.float32(rng.uniform(0.6, 1.0))
    return Matte(join(alpha, random_body(rng, size)) if rng.random() < 0.5 else alpha)
