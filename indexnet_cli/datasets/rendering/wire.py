"""Baskets of wire or wicker, and sieves."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import (
    Points,
    ball_profile,
    closed,
    revolve,
    smooth_profile,
    wander,
)
from indexnet_cli.datasets.rendering.studio import (
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    plain,
)


def draw_basket(rng: np.random.Generator) -> None:
    """A basket of wires around an axis, its rims thicker; things in three of five."""
    add_camera(rng, np.pi, 1.9)
    basket = _Basket(rng)
    count, rings = int(rng.uniform(14, 44)), int(rng.uniform(5, 16))
    style = str(rng.choice(["mesh", "weave", "diamond", "bars"]))
    up, around = np.linspace(0, 1, 60), np.linspace(0, 2 * np.pi, 160)
    if style == "diamond":
        twist = rng.uniform(0.3, 1.5)
        for k in range(count):
            for way in (-1, 1):
                basket.add(2 * np.pi * k / count + way * twist * up, up)
    else:
        for k in range(count):
            basket.add(np.full(60, 2 * np.pi * k / count), up)
        for k in range(0 if style == "bars" else rings):
            weave = np.cos(around * count / 2 + np.pi * (k % 2)) if style == "weave" else 0.0
            basket.add(around, np.full(160, k / rings), off=0.9 * basket.wire * weave)
    for height in (0.0, 1.0):
        basket.add(around, np.full(160, height), thicker=rng.uniform(1, 3))
    add_strands(basket.lines, basket.radii, threads(rng, metal=0.5))
    if rng.random() < 0.6:
        for _ in range(int(rng.uniform(1, 5))):
            _put_in(rng, basket.height)


class _Basket:
    """Wires on a cone around the z axis."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.radius, self.taper = rng.uniform(0.5, 0.75), rng.uniform(-0.3, 0.4)
        self.height, self.wire = rng.uniform(0.5, 1.3), rng.uniform(0.003, 0.014)
        self.bent = rng.uniform(0, 0.015)
        self.lines: list[Points] = []
        self.radii: list[np.ndarray] = []

    def add(
        self, angle: np.ndarray, height: np.ndarray, thicker: float = 1, off: np.ndarray | float = 0
    ) -> None:
        """A wire at these angles and heights (0 to 1), ``off`` the cone."""
        radius = self.radius * (1 + self.taper * height) + off
        line = np.stack(
            [radius * np.cos(angle), radius * np.sin(angle), (height - 0.5) * self.height * 1.2], 1
        )
        self.lines.append(line + self.bent * wander(self.rng, len(line)))
        self.radii.append(np.full(len(line), thicker * self.wire))


def threads(rng: np.random.Generator, metal: float) -> bpy.types.Material:
    """Thread or wood, or metal with the probability ``metal``."""
    metallic = rng.random() < metal
    colour = any_colour(rng, (0, 0.3 if metallic else 0.9), (0.05, 0.95))
    return plain(colour, rng.uniform(0.15, 0.8), float(metallic))


def _put_in(rng: np.random.Generator, height: float) -> None:
    if rng.random() < 0.5:
        profile = ball_profile(rng.uniform(0.06, 0.3))
    else:
        thick = rng.uniform(0.02, 0.05)
        profile = closed(smooth_profile([(thick / 4, -0.8), (thick, -0.7), (thick, 0.8)]))
    thing = add_mesh(*revolve(profile, 48), plain(any_colour(rng), rng.uniform(0.2, 0.8)))
    thing.location = rng.uniform(-0.3, 0.3, 3) * [1, 1, height]
    thing.rotation_euler = (*rng.uniform(-0.6, 0.6, 2), 0)


def draw_sieve(rng: np.random.Generator) -> None:
    """Woven wire in a round rim, sunk like a bowl or flat, with a handle."""
    add_camera(rng, np.pi, 2.2)
    count, wire = int(rng.uniform(16, 64)), rng.uniform(0.002, 0.008)
    deep, bent = rng.choice([0.0, rng.uniform(0.2, 0.9)]), rng.uniform(0, 0.02)
    t = np.linspace(-1, 1, 160)
    lines: list[Points] = []
    for k, at in enumerate(np.linspace(-1, 1, count + 2)[1:-1]):
        reach = np.sqrt(1 - at**2) * t
        for along in (0, 1):
            over = wire * np.cos(np.pi * (reach + 1) * (count + 1) / 2 + np.pi * (k + along))
            height = -deep * (1 - reach**2 - at**2) + over
            plane = [reach, np.full(160, at)]
            lines.append(np.stack([*(plane if along else plane[::-1]), height], 1))
    lines = [line + bent * wander(rng, 160) for line in lines]
    radii = [np.full(160, wire)] * len(lines)
    around, thick = np.linspace(0, 2 * np.pi, 160), rng.uniform(0.015, 0.06)
    lines.append(np.stack([np.cos(around), np.sin(around), np.zeros(160)], 1))
    lines.append(np.array([1, 0, 0]) * np.linspace(1, rng.uniform(1.2, 2), 40)[:, None])
    radii += [np.full(160, thick), np.full(40, thick * rng.uniform(0.6, 1.5))]
    turned = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.55, 0.8)
    add_strands([line @ turned for line in lines], radii, threads(rng, metal=0.8))
