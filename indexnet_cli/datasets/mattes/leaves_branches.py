"""Plants: forking twigs with leaves, twigs with needles, and blades of grass."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import (
    Canvas,
    Matte,
    Points,
    grow_curves,
    join,
    lens_blur,
    random_body,
)


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of plants."""
    canvas = Canvas(size)
    choice = rng.random()
    if choice < 0.45:
        _twigs(rng, canvas, leaves=True)
    elif choice < 0.7:
        _twigs(rng, canvas, leaves=False)
    else:
        _grass(rng, canvas)
    alpha = lens_blur(rng, canvas.alpha(), 0.2)
    alpha = join(alpha, random_body(rng, size)) if rng.random() < 0.35 else alpha
    return Matte(alpha, pieces=canvas.pieces)


def _fork(
    rng: np.random.Generator, parents: Points, per_parent: int, shrink: float
) -> tuple[Points, Points]:
    """Grow shorter curves out of N x K x 2 parents; returns them and their headings."""
    count = len(parents) * per_parent
    parent = np.repeat(np.arange(len(parents)), per_parent)
    place = rng.integers(2, parents.shape[1] - 1, count)
    roots = parents[parent, place]
    along = parents[parent, place + 1] - parents[parent, place - 1]
    heading = np.arctan2(along[:, 1], along[:, 0])
    angles = heading + rng.choice([-1, 1], count) * rng.uniform(0.3, 1.2, count)
    length = np.linalg.norm(parents[parent, -1] - parents[parent, 0], axis=1)
    lengths = length * shrink * rng.uniform(0.5, 1.1, count)
    curves = grow_curves(roots, angles, lengths, rng.normal(0, 0.5, count), count=10)
    return curves, angles


def _twigs(rng: np.random.Generator, canvas: Canvas, leaves: bool) -> None:
    size = canvas.size
    trunks = int(rng.integers(1, 4))
    roots = size * rng.uniform(-0.1, 1.1, (trunks, 2))
    roots[:, int(rng.integers(2))] = size * float(rng.choice([-0.05, 1.05]))
    towards = size * rng.uniform(0.25, 0.75, (trunks, 2)) - roots
    angles = np.arctan2(towards[:, 1], towards[:, 0])
    lengths = size * rng.uniform(0.6, 1.3, trunks)
    limbs = grow_curves(roots, angles, lengths, rng.normal(0, 0.5, trunks), count=14)
    thick = size * float(rng.uniform(0.006, 0.04))
    canvas.strands(limbs, np.full(trunks, thick))
    branches, _ = _fork(rng, limbs, int(rng.integers(4, 9)), 0.45)
    canvas.strands(branches, np.full(len(branches), max(thick * 0.45, 1.0)))
    twigs, _ = _fork(rng, branches, int(rng.integers(2, 6)), 0.5)
    canvas.strands(twigs, np.full(len(twigs), max(thick * 0.2, 0.6)))
    if leaves:
        _leaves(rng, canvas, np.concatenate([twigs, branches[:, :10]]))
    else:
        needles = int(rng.integers(3, 16)) if rng.random() < 0.7 else 0
        if needles:
            curves, _ = _fork(rng, np.concatenate([twigs, branches]), needles, 0.22)
            canvas.lines(curves[:, ::3], float(rng.uniform(0.5, 1.6)))


def _leaves(rng: np.random.Generator, canvas: Canvas, twigs: Points) -> None:
    """Leaves as pointed ovals, seen from all sides, in clusters on the twigs."""
    count = min(int(rng.integers(30, 180)), len(twigs) * 6)
    which, place = rng.integers(len(twigs), size=count), rng.integers(1, 10, count)
    length = canvas.size * log_uniform(rng, 0.02, 0.11)
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    shape = np.stack([0.5 + 0.5 * np.cos(turn), 0.5 * np.sin(turn) ** 3], axis=1)
    widths = rng.uniform(0.12, 0.75, (count, 1))
    angles = rng.uniform(0, 2 * np.pi, count)
    scaled = np.stack([np.repeat(shape[None, :, 0], count, 0), widths * shape[None, :, 1]], axis=2)
    scaled = scaled * (length * rng.uniform(0.5, 1.3, count))[:, None, None]
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x = scaled[..., 0] * cos - scaled[..., 1] * sin
    y = scaled[..., 0] * sin + scaled[..., 1] * cos
    canvas.fill_convex(np.stack([x, y], axis=2) + twigs[which, place][:, None])


def _grass(rng: np.random.Generator, canvas: Canvas) -> None:
    size = canvas.size
    count = int(rng.integers(25, 160))
    ground = size * float(rng.uniform(0.65, 1.05))
    roots = np.stack([size * rng.uniform(-0.1, 1.1, count), np.full(count, ground)], axis=1)
    tall = size * float(rng.uniform(0.2, 0.9))
    curves = grow_curves(
        roots,
        -np.pi / 2 + rng.normal(0, 0.25, count),
        tall * rng.uniform(0.4, 1.1, count),
        rng.normal(0, 0.6, count),
        count=10,
    )
    canvas.strands(curves, float(rng.uniform(0.8, 3.0)) * rng.uniform(0.5, 1.6, count))
    left, right, top, bottom = -5.0, size + 5.0, ground - 3, size + 5.0
    canvas.fill(np.array([[left, bottom], [left, top], [right, top], [right, bottom]]))
