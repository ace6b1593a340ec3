"""Nets and fences, and the webs of spiders."""

from __future__ import annotations

import math
from collections.abc import Callable

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import Points, ball_profile, revolve, wander
from indexnet_cli.datasets.rendering.studio import (
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    plain,
)
from indexnet_cli.datasets.rendering.wire import threads

ALONG = np.linspace(0, 1, 20)  # the points of a web's thread


def draw_net(rng: np.random.Generator) -> None:
    """A net or fence that hangs and sways, its threads straight or crossing."""
    add_camera(rng, 0.9, 2.4)
    count, radius = int(rng.uniform(10, 36)), rng.uniform(0.003, 0.012)
    sway = [wander(rng, 200) * rng.uniform(0.05, 0.35) for _ in range(2)]
    crossing, uneven = rng.random() < 0.6, rng.uniform(0, 0.3) / count
    wide, high = rng.uniform(1.4, 2.2, 2)

    def place(u: np.ndarray, v: np.ndarray) -> Points:
        at = [np.clip(x * 199, 0, 199).astype(int) for x in (u, v)]
        flat = np.stack([(u - 0.5) * wide, np.zeros_like(u), (v - 0.5) * high], 1)
        return flat + sway[0][at[0]] + sway[1][at[1]]

    t = np.linspace(0, 1, 200)
    lines = []
    for k in range(-count if crossing else 0, 2 * count if crossing else count + 1):
        for way in (-1, 1):
            if crossing:
                u = k / count + way * t
                inside = (u >= 0) & (u <= 1)
                lines.append(place(u[inside], t[inside]))
            else:
                along = np.full(200, k / count) + uneven * np.sin(t * 40 + k)
                lines.append(place(along, t) if way > 0 else place(t, along))
    lines = [line for line in lines if len(line) > 3]
    add_strands(lines, [np.full(len(line), radius) for line in lines], threads(rng, metal=0.3))
    bpy.context.scene.camera.rotation_euler.y += math.radians(rng.uniform(-20, 20))


def draw_web(rng: np.random.Generator) -> None:
    """A spider's web between twigs, bent by the wind, here and there torn, with dew on some."""
    add_camera(rng, 0.9, 2.3)
    spokes, thick = int(rng.uniform(14, 34)), rng.uniform(0.0012, 0.004)
    angles = np.sort(2 * np.pi * (np.arange(spokes) + rng.uniform(-0.3, 0.3, spokes)) / spokes)
    reach = rng.uniform(0.75, 1.1, spokes)
    wind = wander(rng, 50) * [0.05, 0.2, 0.05]

    def at(spoke: int, share: float) -> Points:
        angle, length = angles[spoke % spokes], reach[spoke % spokes] * share
        flat = np.array([math.cos(angle) * length, 0, math.sin(angle) * length])
        return flat + wind[int(min(share, 1) * 49)]

    lines = [np.stack([at(spoke, share) for share in ALONG]) for spoke in range(spokes)]
    lines += _spiral(rng, spokes, at)
    radii = [np.full(len(line), thick) for line in lines]
    silk = plain(any_colour(rng, (0, 0.15), (0.5, 0.95)), 0.4)
    add_strands(lines, radii, silk)
    if rng.random() < 0.35:
        _dew(rng, lines)
    for k in rng.integers(spokes, size=int(rng.integers(0, 4))):  # twigs pass near a spoke's end
        twig = at(int(k), 1.0) + 0.3 * (wander(rng, 40) - wander(rng, 40)[:1])
        add_strands([twig], [np.full(40, rng.uniform(0.01, 0.04))], plain(any_colour(rng), 0.8))


def _spiral(
    rng: np.random.Generator, spokes: int, at: Callable[[int, float], Points]
) -> list[Points]:
    """Threads from spoke to spoke, further out each time; ``at`` is a share of a spoke's length."""
    turns, torn = int(rng.uniform(8, 34)), rng.uniform(0, 0.2)
    sag = rng.uniform(0.0, 0.25)
    lines = []
    for k in range(turns * spokes):
        if rng.random() < torn:
            continue
        share = 0.12 + 0.8 * k / turns / spokes
        first, last = at(k, share), at(k + 1, share)
        bow = 4 * ALONG * (1 - ALONG) * np.linalg.norm(last - first) * sag
        lines.append(first + ALONG[:, None] * (last - first) - bow[:, None] * [0, 0, 1])
    return lines


def _dew(rng: np.random.Generator, lines: list[Points]) -> None:
    drop, faces = revolve(ball_profile(1.0), 12)
    size = rng.uniform(0.005, 0.016)
    chosen = [lines[k] for k in rng.integers(len(lines), size=int(rng.uniform(60, 400)))]
    drops = [
        line[int(rng.integers(len(line)))] + drop * size * rng.uniform(0.5, 1.2) for line in chosen
    ]
    every = [
        (a + first, b + first, c + first, d + first)
        for k in range(len(drops))
        for first in [k * len(drop)]
        for a, b, c, d in faces
    ]
    add_mesh(np.concatenate(drops), every, plain((0.9, 0.95, 1, 1), 0.05, metallic=0.6))
