"""Nets, lace and wire: meshes on cloth and around baskets."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes import basket
from indexnet_cli.datasets.mattes.drawing import Matte, join, lens_blur, random_body
from indexnet_cli.datasets.mattes.meshes import MAKERS, Field, Maker
from indexnet_cli.datasets.noise import fractal_noise

_BASKETS = 0.35


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of a net, of lace or of a basket."""
    if rng.random() < _BASKETS:
        return basket.draw(rng, size)
    thread = log_uniform(rng, 0.5, 10.0)
    period = max(thread * log_uniform(rng, 1.5, 12.0), 5.0)
    u, v = _cloth_coordinates(rng, size)
    maker = MAKERS[int(rng.integers(len(MAKERS)))]
    mesh = maker(rng, u, v, period, thread)
    if rng.random() < 0.2:  # a second layer, seen through the first
        mesh = join(mesh, _far_side(rng, size, maker, period, thread))
    if rng.random() < 0.3:  # embroidery: filled spots between the threads
        spots = fractal_noise(rng, size, int(rng.integers(4, 14)), 2)
        mesh = np.maximum(mesh, np.clip(spots * 4 - float(rng.uniform(2, 5)), 0, 1))
    if rng.random() < 0.25:
        mesh = mesh * np.float32(rng.uniform(0.5, 0.95))
    if rng.random() < 0.6:
        mesh = mesh * random_body(rng, size)
    alpha = lens_blur(rng, mesh.astype(np.float32), 0.1, 2.5)
    return Matte(join(alpha, random_body(rng, size)) if rng.random() < 0.55 else alpha)


def _far_side(
    rng: np.random.Generator, size: int, maker: Maker, period: float, thread: float
) -> Field:
    """The same mesh once more, further away, from another side, and less sharp."""
    shrink = float(rng.uniform(0.6, 1.0))
    u, v = _cloth_coordinates(rng, size)
    mesh = maker(rng, u, v, max(period * shrink, 5.0), thread * shrink)
    return lens_blur(rng, mesh.astype(np.float32), 0.4, 2.0)


def _cloth_coordinates(rng: np.random.Generator, size: int) -> tuple[Field, Field]:
    """Pixel coordinates, turned, foreshortened and bent as on hanging cloth."""
    angle = float(rng.uniform(0, 2 * np.pi))
    axis = np.arange(size, dtype=np.float32) - np.float32(size / 2)
    x, y = axis[None], axis[:, None]
    slope = np.clip(rng.normal(0, 0.25, 2), -0.45, 0.45).astype(np.float32) / np.float32(size)
    depth = 1 + x * slope[0] + y * slope[1]
    u = (np.float32(np.cos(angle)) * x - np.float32(np.sin(angle)) * y) * depth
    v = (np.float32(np.sin(angle)) * x + np.float32(np.cos(angle)) * y) * depth
    bend = size * float(rng.uniform(0, 0.03))
    return u + bend * fractal_noise(rng, size, 2, 2), v + bend * fractal_noise(rng, size, 2, 2)
