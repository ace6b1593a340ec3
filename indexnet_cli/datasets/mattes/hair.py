"""Hair: tangles, tresses, or a halo, locks or a mane, and frizz, around a head."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes import tangle, tresses
from indexnet_cli.datasets.mattes.drawing import (
    Canvas,
    Matte,
    Points,
    body_outline,
    grow_curves,
    lens_blur,
    visible_roots,
)

_TANGLES = 0.35
_TRESSES = 0.3


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of hair."""
    chance = rng.random()
    if chance < _TANGLES:
        return tangle.draw(rng, size)
    if chance < _TANGLES + _TRESSES:
        return tresses.draw(rng, size)
    outline = body_outline(rng, size, 0.3, 1.4)
    canvas = Canvas(size)
    style = _Style(rng)
    _halo(rng, canvas, outline, style)
    canvas.fill(outline)
    if rng.random() < 0.3:
        _thicket(rng, canvas, outline, style)
    if rng.random() < 0.4:
        _mane(rng, canvas, outline, style)
    else:
        _locks(rng, canvas, outline, style)
    _frizz(rng, canvas, outline, style)
    return Matte(lens_blur(rng, canvas.alpha()), pieces=canvas.pieces)


class _Style:
    """What all strands of one head share: thickness, and how they are combed and blown."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.scale = log_uniform(rng, 0.5, 2.5)
        self.combed = float(rng.choice([-1, 1])) * float(rng.uniform(0, 2.5))
        self.wind = float(rng.uniform(0, 1.5))
        self.wind_angle = float(rng.uniform(0, 2 * np.pi))
        self.curl = float(rng.exponential(0.35))
        self.reach = log_uniform(rng, 0.06, 0.6)

    def headings(self, normals: Points) -> Points:
        """Blend the ways out of, along and across the head; N angles."""
        along = np.stack([-normals[:, 1], normals[:, 0]], axis=1)
        blown = np.array([np.cos(self.wind_angle), np.sin(self.wind_angle)])
        flow = normals + self.combed * along + self.wind * blown
        return np.asarray(np.arctan2(flow[:, 1], flow[:, 0]))


def _halo(rng: np.random.Generator, canvas: Canvas, outline: Points, style: _Style) -> None:
    """Fine, half-covering strands of a dense border, each less than a pixel wide."""
    for value in (int(rng.integers(60, 130)), int(rng.integers(130, 220))):
        count = int(rng.integers(80, 420))
        roots, normals = visible_roots(rng, outline, canvas.size, count)
        lengths = canvas.size * style.reach * rng.uniform(0.2, 1.0, count)
        curves = grow_curves(
            roots - 2 * normals,
            style.headings(normals) + rng.normal(0, 0.3, count),
            lengths + 5,
            rng.normal(-0.2 * style.combed, 0.5, count),
            style.curl * rng.uniform(0.5, 1.5, count),
            rng.uniform(0, 2 * np.pi, count),
            rng.uniform(0.5, 2, count),
        )
        canvas.lines(curves, 0.5, value)


def _locks(rng: np.random.Generator, canvas: Canvas, outline: Points, style: _Style) -> None:
    """Strands of one lock start together and run nearly alike."""
    locks, each = int(rng.integers(6, 30)), int(rng.integers(4, 12))
    roots, normals = visible_roots(rng, outline, canvas.size, locks)
    angles = style.headings(normals) + rng.normal(0, 0.3, locks)
    lengths = canvas.size * style.reach * rng.uniform(0.3, 1.3, locks)
    curvature = rng.normal(-0.2 * style.combed, 0.7, locks)
    wave = style.curl * rng.uniform(0.3, 1.6, locks)
    phase, cycles = rng.uniform(0, 2 * np.pi, locks), rng.uniform(0.5, 2.5, locks)

    def spread(values: Points, deviation: float) -> Points:
        repeated = np.repeat(values, each, axis=0)
        return np.asarray(repeated + rng.normal(0, deviation, repeated.shape))

    total = locks * each
    splay = float(rng.uniform(0.03, 0.22))
    curves = grow_curves(
        spread(roots - 4 * normals, float(rng.uniform(2, 6)) * style.scale),
        spread(angles, splay),
        np.repeat(lengths, each) * rng.uniform(0.5, 1.15, total),
        spread(curvature, 1.5 * splay),
        np.repeat(wave, each),
        spread(phase, 0.3),
        np.repeat(cycles, each),
    )
    canvas.strands(curves, style.scale * rng.uniform(0.4, 1.6, total))


def _mane(rng: np.random.Generator, canvas: Canvas, outline: Points, style: _Style) -> None:
    """Long strands that run side by side, dense at the body and parting into gaps further out."""
    locks, each = int(rng.integers(12, 30)), int(rng.integers(12, 32))
    roots, normals = visible_roots(rng, outline, canvas.size, locks)
    flow = float(rng.uniform(0, 2 * np.pi))  # one way for all: combed, hanging or blown
    turned = float(rng.normal(0, 0.5))
    lengths = canvas.size * float(rng.uniform(0.25, 0.9)) * rng.uniform(0.5, 1.2, locks)
    total = locks * each
    along = np.array([[np.cos(flow), np.sin(flow)]])
    across = along[:, ::-1] * [[-1.0, 1.0]]
    offsets = rng.normal(0, 0.02 * canvas.size, (total, 1)) * across
    start = np.repeat(roots - 6 * normals, each, axis=0) + offsets
    curves = grow_curves(
        start - 0.1 * canvas.size * along,
        flow + np.repeat(rng.normal(0, 0.12, locks), each) + rng.normal(0, 0.05, total),
        np.repeat(lengths, each) * rng.uniform(0.4, 1.1, total),
        turned + np.repeat(rng.normal(0, 0.25, locks), each) + rng.normal(0, 0.08, total),
        np.repeat(style.curl * rng.uniform(0.2, 1.0, locks), each),
        np.repeat(rng.uniform(0, 2 * np.pi, locks), each) + rng.normal(0, 0.2, total),
        np.repeat(rng.uniform(0.5, 2.0, locks), each),
    )
    canvas.strands(curves, style.scale * rng.uniform(0.4, 1.5, total))


def _thicket(rng: np.random.Generator, canvas: Canvas, outline: Points, style: _Style) -> None:
    """Very many fine strands, nearly closed at the body: light comes through between them."""
    count = int(rng.integers(500, 2000))
    roots, normals = visible_roots(rng, outline, canvas.size, count)
    reach = canvas.size * float(rng.uniform(0.1, 0.5))
    curves = grow_curves(
        roots - 3 * normals,
        style.headings(normals) + rng.normal(0, float(rng.uniform(0.05, 0.35)), count),
        reach * rng.uniform(0.3, 1.1, count),
        rng.normal(-0.2 * style.combed, 0.4, count),
        style.curl * rng.uniform(0, 1, count),
        rng.uniform(0, 2 * np.pi, count),
        count=9,
    )
    canvas.strands(curves, min(style.scale, 1.0) * rng.uniform(0.4, 1.3, count))


def _frizz(rng: np.random.Generator, canvas: Canvas, outline: Points, style: _Style) -> None:
    """Many short fine strands, so that the body has no clean edge anywhere."""
    count = int(rng.integers(150, 600))
    roots, normals = visible_roots(rng, outline, canvas.size, count)
    mean = canvas.size * min(0.4 * style.reach, 0.1)
    curves = grow_curves(
        roots - 3 * normals,
        style.headings(normals) + rng.normal(0, 0.5, count),
        5 + np.minimum(rng.exponential(mean, count), 5 * mean),
        rng.normal(-0.2 * style.combed, 0.8, count),
        style.curl,
        rng.uniform(0, 2 * np.pi, count),
        count=8,
    )
    canvas.strands(curves, style.scale * rng.uniform(0.3, 0.8, count))
