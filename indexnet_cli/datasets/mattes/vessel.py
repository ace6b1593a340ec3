"""Tumblers, goblets, bottles, vases, bulbs and bubbles: thin walls that show by rims and shine.

Bodies of revolution. Little of such a thing is opaque: where one looks along the wall, at its rims
and base, and where it mirrors a lamp or a window. What it has of colour is its own light, white
or dark, and a tint.
"""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Matte
from indexnet_cli.datasets.mattes.layers import Colour, Layers, Plane
from indexnet_cli.datasets.mattes.revolution import BUBBLE, Shape
from indexnet_cli.datasets.noise import fractal_noise


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of something of glass, with colours of its own."""
    layers = Layers(size)
    body = rng.random()
    if body < 0.25:  # behind the glass, or in it
        layers.cover_by_body(rng)
    for _ in range(2 if rng.random() < 0.2 else 1):
        _draw_one(rng, layers)
    if 0.25 <= body < 0.5:  # what holds it
        layers.cover_by_body(rng)
    return layers.matte(rng)


def _draw_one(rng: np.random.Generator, layers: Layers) -> None:
    shape = Shape.drawn(rng, layers.size)
    tint = _tint(rng)
    uneven = 1 + np.float32(rng.uniform(0, 0.3)) * fractal_noise(rng, layers.size, 3, 4)
    _fill(rng, layers, shape)
    layers.cover(_walls(rng, shape) * np.clip(uneven, 0.2, 2), _film(rng, layers.size, shape, tint))
    if rng.random() < 0.2:
        _facets(rng, layers, shape)
    if rng.random() < 0.7:  # the outline, dark or light as what it mirrors
        line = np.exp(-shape.depth / np.float32(log_uniform(rng, 0.7, 8))) * shape.inside
        layers.cover(np.float32(rng.uniform(0.2, 0.95)) * line, _grey(rng) * tint)
    if shape.name not in (BUBBLE, "bulb"):
        _rims(rng, layers, shape, tint)
    for _ in range(int(rng.integers(0, 4))):
        layers.cover(
            _reflection(rng, shape), np.float32(rng.uniform(0, 70)) * np.ones(3, np.float32)
        )
    for _ in range(int(rng.integers(1, 6))):
        layers.cover(
            _reflection(rng, shape), np.float32(rng.uniform(190, 255)) * (0.8 + 0.2 * tint)
        )


def _tint(rng: np.random.Generator) -> Colour:
    """What the glass lets through of each colour: mostly all alike."""
    strength = 0.15 if rng.random() < 0.6 else 0.8
    return (1 - rng.uniform(0, strength, 3)).astype(np.float32)


def _grey(rng: np.random.Generator) -> np.float32:
    return np.float32(rng.uniform(0, 90) if rng.random() < 0.5 else rng.uniform(150, 255))


def _walls(rng: np.random.Generator, shape: Shape) -> Plane:
    """Opacity by the way through both walls: least in the middle, most where one looks along."""
    inner = np.float32(1 - shape.wall)
    square = shape.across**2
    way = np.sqrt(1 - square) - np.sqrt(np.maximum(inner**2 - square, 0))
    density = log_uniform(rng, 0.01, 0.4) / shape.wall
    return shape.inside * (1 - np.exp(-np.float32(density) * way))


def _film(rng: np.random.Generator, size: int, shape: Shape, tint: Colour) -> Colour:
    """The walls' own light; that of a soap bubble has all hues."""
    light = np.float32(rng.uniform(60, 240)) * tint
    if shape.name != BUBBLE or rng.random() < 0.4:
        return light
    turn = 2 * np.pi * (2 * shape.across + 0.5 * fractal_noise(rng, size, 2, 3))
    waves = [np.sin(turn + phase) for phase in (0.0, 2.1, 4.2)]
    return np.clip(light + np.float32(70) * np.dstack(waves), 0, 255).astype(np.float32)


def _fill(rng: np.random.Generator, layers: Layers, shape: Shape) -> None:
    """A drink, up to some level, with its surface."""
    if shape.name in (BUBBLE, "bulb") or rng.random() < 0.6:
        return
    level, bottom = float(rng.uniform(0.1, 0.7)), 0.5 if shape.name in ("goblet", "flute") else 0.96
    if level > bottom - 0.1:
        return
    within = np.clip((shape.along - level) * shape.height, 0, 1)
    within *= np.clip((bottom - shape.along) * shape.height, 0, 1)
    within *= np.clip((1 - shape.wall - np.abs(shape.across)) * 0.1 * shape.height, 0, 1)
    density = np.float32(log_uniform(rng, 0.05, 2.0))
    opacity = 1 - np.exp(-density * np.sqrt(1 - shape.across**2))
    colour = rng.uniform(20, 255, 3).astype(np.float32)
    layers.cover(within * opacity * shape.inside, colour)
    surface = shape.ring(level, log_uniform(rng, 0.7, 4)) * shape.inside
    layers.cover(np.float32(rng.uniform(0.1, 0.8)) * surface, np.clip(1.2 * colour, 0, 255))


def _rims(rng: np.random.Generator, layers: Layers, shape: Shape, tint: Colour) -> None:
    """Circles at the mouth and at the base, and a base of solid glass."""
    for at in [0.0, 1.0, *rng.uniform(0.9, 1.0, int(rng.integers(0, 3)))]:
        line = shape.ring(at, log_uniform(rng, 0.6, 5))
        layers.cover(np.float32(rng.uniform(0.1, 0.9)) * line, _grey(rng) * tint)
    if rng.random() < 0.6:
        thick = float(rng.uniform(0.01, 0.08))
        base = np.clip((shape.along - 1 + thick) / np.float32(0.4 * thick), 0, 1) * shape.inside
        wavy = 0.5 + 0.5 * np.sin(shape.across * float(rng.uniform(5, 25)))
        layers.cover(np.float32(rng.uniform(0.2, 0.8)) * base * wavy, _grey(rng) * tint)


def _facets(rng: np.random.Generator, layers: Layers, shape: Shape) -> None:
    """Cut glass: slanting grooves that mirror light and dark in turn."""
    around = np.arcsin(shape.across) * np.float32(rng.uniform(3, 12))
    upwards = shape.along * np.float32(rng.uniform(8, 40))
    pattern = np.sin(around + upwards) * np.sin(around - upwards)
    low, high = sorted(rng.uniform(0, 1, 2))
    band = np.clip((shape.along - low) * 20, 0, 1) * np.clip((high - shape.along) * 20, 0, 1)
    sharp = np.float32(log_uniform(rng, 1, 8))
    for sign, light in ((1, rng.uniform(170, 255)), (-1, rng.uniform(0, 110))):
        groove = np.clip(sharp * (sign * pattern - np.float32(0.2)), 0, 1)
        strength = np.float32(rng.uniform(0.1, 0.8))
        layers.cover(strength * groove * band * shape.inside, np.full(3, light, np.float32))


def _reflection(rng: np.random.Generator, shape: Shape) -> Plane:
    """A streak along the outline, or a window with a bar across; its opacity."""
    middle, half = float(rng.uniform(-0.95, 0.95)), log_uniform(rng, 0.01, 0.15)
    start = float(rng.uniform(0, 0.8))
    end = start + log_uniform(rng, 0.05, 0.6)
    edge = np.float32(shape.height * 0.2 / log_uniform(rng, 1, 12))  # soft or sharp
    beside = (half - np.abs(shape.across - middle)) * edge
    within = np.minimum(shape.along - start, end - shape.along) * edge
    streak = np.clip(beside + 0.5, 0, 1) * np.clip(within + 0.5, 0, 1)
    if rng.random() < 0.25:
        bar = np.abs(shape.along - np.float32((start + end) / 2)) * edge
        streak *= np.clip(bar - np.float32(0.2), 0, 1)
    wave = 1 + np.float32(rng.uniform(0, 0.5)) * np.sin(shape.along * float(rng.uniform(5, 30)))
    return streak * shape.inside * np.float32(rng.uniform(0.15, 1.0)) * np.clip(wave, 0, 1)
