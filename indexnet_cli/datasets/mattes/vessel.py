"""Tumblers, goblets, bottles, vases, bulbs and bubbles: thin walls that show by rims and shine.

Bodies of revolution. Little of such a thing is opaque: where one looks along the wall, at its rims
and base, and where it mirrors a lamp or a window. What it has of colour is its own light, white
or dark, and a tint. Lengths are pixels; ``along`` runs from 0 at the top to 1 at the bottom,
``across`` from -1 to 1 between the outlines.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Matte, lens_blur, random_body
from indexnet_cli.datasets.noise import fractal_noise, soft_blur
from indexnet_cli.datasets.textures import smooth_texture

Plane = NDArray[np.float32]
Colour = NDArray[np.float32]
Profile = NDArray[np.float64]

# Height of places along the axis, and the radius there, in shares of the height.
_PROFILES: dict[str, tuple[tuple[float, float], ...]] = {
    "tumbler": ((0.0, 0.34), (0.5, 0.31), (1.0, 0.27)),
    "goblet": ((0.0, 0.2), (0.2, 0.27), (0.42, 0.22), (0.52, 0.03), (0.9, 0.03), (1.0, 0.22)),
    "flute": ((0.0, 0.1), (0.3, 0.13), (0.55, 0.08), (0.62, 0.02), (0.92, 0.02), (1.0, 0.15)),
    "bottle": ((0.0, 0.05), (0.28, 0.06), (0.45, 0.16), (1.0, 0.16)),
    "vase": ((0.0, 0.2), (0.25, 0.12), (0.65, 0.28), (1.0, 0.16)),
    "bulb": ((0.0, 0.0), (0.08, 0.16), (0.3, 0.31), (0.55, 0.26), (0.8, 0.12), (1.0, 0.11)),
}
_BUBBLE = "bubble"
_PLACES = np.linspace(0, 1, 257)  # where a profile is sampled
_WHITE = 255.0


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of something of glass, with colours of its own."""
    layers = _Layers(size)
    body = rng.random()
    if body < 0.25:  # behind the glass, or in it
        layers.cover_by_body(rng)
    for _ in range(2 if rng.random() < 0.2 else 1):
        _draw_one(rng, layers)
    if 0.25 <= body < 0.5:  # what holds it
        layers.cover_by_body(rng)
    return layers.matte(rng)


class _Layers:
    """Colours that cover one another, from behind to the front."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.alpha = np.zeros((size, size), np.float32)
        self.covered = np.zeros((size, size, 3), np.float32)  # colours times alpha

    def cover(self, alpha: Plane, colours: Colour) -> None:
        """Lay ``alpha`` (HxH) of ``colours`` (3, or HxHx3, of 255) over what is there."""
        alpha = np.clip(alpha, 0, 1).astype(np.float32)
        self.covered += alpha[..., None] * (colours - self.covered)
        self.alpha += alpha * (1 - self.alpha)

    def cover_by_body(self, rng: np.random.Generator) -> None:
        """Lay something solid over it."""
        body = random_body(rng, self.size)
        self.cover(body, smooth_texture(rng, self.size).astype(np.float32))

    def matte(self, rng: np.random.Generator) -> Matte:
        """All of it, as a lens sees it."""
        planes = np.dstack([self.covered / np.float32(_WHITE), self.alpha])
        blurred = lens_blur(rng, planes, 0.15, 3.0)
        alpha = np.ascontiguousarray(blurred[..., 3])
        colours = blurred[..., :3] * (_WHITE / np.maximum(alpha, 1e-3))[..., None]
        # Where there is nothing, blurring the matte later must find the colour that is beside it.
        around = np.maximum(soft_blur(self.alpha, 8.0), 1e-3)[..., None]
        nearby = soft_blur(self.covered, 8.0) / around
        colours += (alpha < 0.01)[..., None] * (nearby - colours)
        return Matte(alpha, np.clip(colours + 0.5, 0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Shape:
    """One vessel in the scene, and where each pixel (HxH) is on it.

    ``side``: pixels from the axis; ``inside``: how much of a pixel it covers; ``depth``: pixels
    from its outline, 0 outside; ``wall``: the wall's thickness in shares of the radius; ``tilt``:
    how far circles around the axis open, being seen from above.
    """

    name: str
    profile: Profile
    height: float
    wall: float
    tilt: float
    along: Plane
    side: Plane
    across: Plane
    depth: Plane
    inside: Plane

    @classmethod
    def drawn(cls, rng: np.random.Generator, size: int) -> Shape:
        """Stand some vessel in the scene, so that a point on it is near the middle."""
        names = [*_PROFILES, _BUBBLE]
        name = names[int(rng.integers(len(names)))]
        profile = _profile(rng, name)
        # Bubbles may be small; of large things a part is seen.
        height = size * log_uniform(rng, 0.25 if name == _BUBBLE else 0.7, 2.5)
        upright = rng.random() < 0.7
        angle = float(rng.normal(0, 0.15) if upright else rng.uniform(-np.pi, np.pi))
        side, down = _turned(rng, size, angle)
        at = float(rng.uniform(0, 1))
        side = side + np.float32(rng.uniform(-1, 1) * radius_at(profile, at) * height)
        along = down / np.float32(height) + np.float32(at)
        radius = _at(profile, along) * np.float32(height)
        slope = _at(np.gradient(profile, _PLACES), along)
        ends = np.minimum(along, 1 - along) * np.float32(height)
        depth = np.minimum((radius - np.abs(side)) / np.sqrt(1 + slope**2), ends)
        return cls(
            name=name,
            profile=profile,
            height=height,
            wall=log_uniform(rng, 0.01, 0.2),
            tilt=float(rng.uniform(0.05, 0.3)),
            along=along,
            side=side,
            across=np.clip(side / np.maximum(radius, 1e-3), -1, 1),
            depth=np.maximum(depth, 0),
            inside=np.clip(depth + 0.5, 0, 1),
        )

    def ring(self, at: float, width: float) -> Plane:
        """The circle around the axis at ``at``: the line of an ellipse, ``width`` pixels wide."""
        radius = max(radius_at(self.profile, at), 1e-3)
        x = self.side / np.float32(radius * self.height)
        y = (self.along - at) / np.float32(radius * self.tilt)
        reach = np.sqrt(x * x + y * y)
        steep = np.sqrt(x * x + (y / np.float32(self.tilt)) ** 2) / np.maximum(reach, 1e-3)
        distance = np.abs(reach - 1) * np.float32(radius * self.height) / np.maximum(steep, 1e-3)
        return np.clip(np.float32(0.5 + width / 2) - distance, 0, min(width, 1.0))


def _draw_one(rng: np.random.Generator, layers: _Layers) -> None:
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
    if shape.name not in (_BUBBLE, "bulb"):
        _rims(rng, layers, shape, tint)
    for _ in range(int(rng.integers(0, 4))):
        layers.cover(
            _reflection(rng, shape), np.float32(rng.uniform(0, 70)) * np.ones(3, np.float32)
        )
    for _ in range(int(rng.integers(1, 6))):
        layers.cover(
            _reflection(rng, shape), np.float32(rng.uniform(190, 255)) * (0.8 + 0.2 * tint)
        )


def _profile(rng: np.random.Generator, name: str) -> Profile:
    """The radius at ``_PLACES``, in shares of the height: slender or stout, none alike."""
    if name == _BUBBLE:
        return np.sqrt(np.maximum(0.25 - (_PLACES - 0.5) ** 2, 0))
    at, radius = np.array(_PROFILES[name]).T
    radius = radius * np.exp(rng.normal(0, 0.12, len(radius))) * float(np.exp(rng.normal(0, 0.2)))
    at[1:-1] += rng.normal(0, 0.02, len(at) - 2)
    sharp = np.interp(_PLACES, np.sort(at), radius)
    sigma = float(rng.uniform(2, 12))
    return cv2.GaussianBlur(sharp[:, None], (1, 0), sigma, borderType=cv2.BORDER_REPLICATE)[:, 0]


def _turned(rng: np.random.Generator, size: int, angle: float) -> tuple[Plane, Plane]:
    """Pixels across and down from a point near the middle, turned by ``angle``; HxH each."""
    axis = np.arange(size, dtype=np.float32)
    left, top = size * rng.uniform(0.3, 0.7, 2).astype(np.float32)
    x, y = axis[None] - left, axis[:, None] - top
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def radius_at(profile: Profile, at: float) -> float:
    """The radius at one place, in shares of the height."""
    return float(np.interp(at, _PLACES, profile))


def _at(profile: Profile, along: Plane) -> Plane:
    """A profile's values at every pixel; above and below those of its ends."""
    return np.interp(along, _PLACES, profile).astype(np.float32)


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
    if shape.name != _BUBBLE or rng.random() < 0.4:
        return light
    turn = 2 * np.pi * (2 * shape.across + 0.5 * fractal_noise(rng, size, 2, 3))
    waves = [np.sin(turn + phase) for phase in (0.0, 2.1, 4.2)]
    return np.clip(light + np.float32(70) * np.dstack(waves), 0, 255).astype(np.float32)


def _fill(rng: np.random.Generator, layers: _Layers, shape: Shape) -> None:
    """A drink, up to some level, with its surface."""
    if shape.name in (_BUBBLE, "bulb") or rng.random() < 0.6:
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


def _rims(rng: np.random.Generator, layers: _Layers, shape: Shape, tint: Colour) -> None:
    """Circles at the mouth and at the base, and a base of solid glass."""
    for at in [0.0, 1.0, *rng.uniform(0.9, 1.0, int(rng.integers(0, 3)))]:
        line = shape.ring(at, log_uniform(rng, 0.6, 5))
        layers.cover(np.float32(rng.uniform(0.1, 0.9)) * line, _grey(rng) * tint)
    if rng.random() < 0.6:
        thick = float(rng.uniform(0.01, 0.08))
        base = np.clip((shape.along - 1 + thick) / np.float32(0.4 * thick), 0, 1) * shape.inside
        wavy = 0.5 + 0.5 * np.sin(shape.across * float(rng.uniform(5, 25)))
        layers.cover(np.float32(rng.uniform(0.2, 0.8)) * base * wavy, _grey(rng) * tint)


def _facets(rng: np.random.Generator, layers: _Layers, shape: Shape) -> None:
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
