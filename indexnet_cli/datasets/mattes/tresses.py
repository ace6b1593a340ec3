"""Tresses: a mass of fine strands that flow alike, closed deep inside and thinning out for long."""

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

_LAYERS = 4


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of long hair without a body that shows."""
    canvas = Canvas(size)
    outline = body_outline(rng, size, 0.35, 1.4)
    middle = outline.mean(axis=0)
    canvas.fill(middle + float(rng.uniform(0.5, 0.85)) * (outline - middle))
    flow = _Flow(rng, size, outline)
    for layer in range(_LAYERS):  # each over those before, the faintest strands first
        curves = _layer(rng, flow, int(rng.integers(150, 900)))
        value = 255 if layer else int(rng.integers(90, 220))
        canvas.strands(curves, flow.thickness * rng.uniform(0.5, 1.5, len(curves)), value)
    return Matte(lens_blur(rng, canvas.alpha()), pieces=canvas.pieces)


class _Flow:
    """Where the strands start, which way all of them go, and how far they stray from it."""

    def __init__(self, rng: np.random.Generator, size: int, outline: Points) -> None:
        self.size, self.outline = size, outline
        self.angle = float(rng.uniform(0, 2 * np.pi))
        self.radial = float(rng.choice([0.0, rng.uniform(0.3, 2.0)]))  # 0: combed one way
        self.turn = float(rng.normal(0, 0.5))
        self.stray = log_uniform(rng, 0.03, 0.25)
        self.curl = float(rng.exponential(0.25))
        self.reach = size * float(rng.uniform(0.15, 0.6))
        self.depth = size * float(rng.uniform(0.05, 0.3))
        self.thickness = log_uniform(rng, 0.35, 1.5)

    def headings(self, normals: Points) -> Points:
        way = np.array([np.cos(self.angle), np.sin(self.angle)])
        flow = way + self.radial * normals
        return np.asarray(np.arctan2(flow[:, 1], flow[:, 0]))


def _layer(rng: np.random.Generator, flow: _Flow, count: int) -> Points:
    """Grow strands (N x 12 x 2) in locks: those of one start side by side and run nearly alike."""
    locks = max(count // int(rng.integers(8, 40)), 4)
    lock = rng.integers(0, locks, count)
    roots, normals = visible_roots(rng, flow.outline, flow.size, locks, margin=0.4)
    heading = flow.headings(normals) + rng.normal(0, 2 * flow.stray, locks)
    back = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    start = roots[lock] + rng.normal(0, 0.03 * flow.size, (count, 2))
    start -= rng.uniform(0, 1, (count, 1)) * flow.depth * (back + 0.5 * normals)[lock]
    # Few strands reach far: the mass closes towards its roots.
    lengths = (
        flow.depth + flow.reach * rng.beta(1.2, 2.0, count) * rng.uniform(0.5, 1.3, locks)[lock]
    )
    return grow_curves(
        start,
        heading[lock] + rng.normal(0, flow.stray, count),
        lengths,
        flow.turn + rng.normal(0, 0.3, locks)[lock] + rng.normal(0, 3 * flow.stray, count),
        flow.curl * rng.uniform(0.2, 1.5, locks)[lock],
        (rng.uniform(0, 2 * np.pi, locks)[lock] + rng.normal(0, 0.5, count)),
        rng.uniform(0.5, 2.5, locks)[lock],
    )
