"""Hair: bundles of curved, tapering strands that leave a head-like body, with frizz at its edge."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.mattes.drawing import (
    Alpha,
    Canvas,
    Points,
    body_outline,
    grow_curves,
    lens_blur,
    visible_roots,
)


def draw(rng: np.random.Generator, size: int) -> Alpha:
    """Draw a matte of hair, size x size float32 in [0, 1]."""
    outline = body_outline(rng, size, 0.3, 1.4)
    canvas = Canvas(size)
    canvas.fill(outline)
    scale = float(np.exp(rng.uniform(np.log(0.6), np.log(1.6))))
    wind = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 0.9))
    _locks(rng, canvas, outline, scale, wind)
    _frizz(rng, canvas, outline, scale)
    return lens_blur(rng, canvas.alpha())


def _locks(
    rng: np.random.Generator,
    canvas: Canvas,
    outline: Points,
    scale: float,
    wind: tuple[float, float],
) -> None:
    """Strands of one lock start together and run nearly alike."""
    locks, each = int(rng.integers(5, 30)), int(rng.integers(4, 16))
    roots, normals = visible_roots(rng, outline, canvas.size, locks)
    blown = wind[1] * np.array([np.cos(wind[0]), np.sin(wind[0])]) + (1 - wind[1]) * normals
    angles = np.arctan2(blown[:, 1], blown[:, 0]) + rng.normal(0, 0.35, locks)
    lengths = canvas.size * rng.uniform(0.06, float(rng.uniform(0.15, 0.7)), locks)
    curvature, wave = rng.normal(0, 0.9, locks), rng.exponential(0.3, locks)
    phase, cycles = rng.uniform(0, 2 * np.pi, locks), rng.uniform(0.5, 2.5, locks)

    def spread(values: Points, deviation: float) -> Points:
        repeated = np.repeat(values, each, axis=0)
        return np.asarray(repeated + rng.normal(0, deviation, repeated.shape))

    total = locks * each
    splay = float(rng.uniform(0.05, 0.3))
    curves = grow_curves(
        spread(roots - 4 * normals, 3.0 * scale),
        spread(angles, splay),
        np.repeat(lengths, each) * rng.uniform(0.5, 1.15, total),
        spread(curvature, 2 * splay),
        np.repeat(wave, each),
        spread(phase, 0.4),
        np.repeat(cycles, each),
    )
    canvas.strands(curves, scale * rng.uniform(0.5, 1.9, total))


def _frizz(rng: np.random.Generator, canvas: Canvas, outline: Points, scale: float) -> None:
    """Many short fine strands, so that the body has no clean edge anywhere."""
    count = int(rng.integers(60, 260))
    roots, normals = visible_roots(rng, outline, canvas.size, count)
    angles = np.arctan2(normals[:, 1], normals[:, 0]) + rng.normal(0, 0.7, count)
    lengths = canvas.size * np.minimum(rng.exponential(float(rng.uniform(0.02, 0.1)), count), 0.5)
    curves = grow_curves(
        roots - 3 * normals, angles, 6 + lengths, rng.normal(0, 1.2, count),
        rng.exponential(0.3, count), rng.uniform(0, 6, count), 1.0, count=8,
    )
    canvas.strands(curves, scale * rng.uniform(0.3, 1.2, count))
