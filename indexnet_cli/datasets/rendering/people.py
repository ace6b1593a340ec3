"""People from the shoulders up, with hair that falls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from indexnet_cli.datasets.rendering.shapes import (
    Ellipsoid,
    Points,
    closed,
    directions,
    revolve,
    smooth_profile,
    unit,
    wander,
)
from indexnet_cli.datasets.rendering.strands import hair_surface
from indexnet_cli.datasets.rendering.studio import (
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    plain,
)

HEAD = Ellipsoid(np.array([0.0, 0.0, 0.55]), np.array([0.40, 0.47, 0.53]))
SHOULDERS = Ellipsoid(np.array([0.0, 0.05, -0.45]), np.array([0.82, 0.34, 0.3]))
CHEST = Ellipsoid(np.array([0.0, 0.05, -0.8]), np.array([0.62, 0.36, 0.62]))
STEPS = 40  # points of a hair


def draw_portrait(rng: np.random.Generator) -> None:
    """Head, neck and shoulders, and hair that lies on them, curls, blows or stands off."""
    add_camera(rng, np.pi, 2.9)
    skin = plain((*(rng.uniform(0.12, 0.85) * np.array([1.0, 0.68, 0.52])), 1.0), 0.5)
    neck = closed(smooth_profile([(0.24, -0.5), (0.17, -0.1), (0.2, 0.3)], 20))
    add_mesh(*revolve(neck, 32), skin)
    clothes = plain(any_colour(rng), 0.8)
    for body, surface in ((HEAD, skin), (SHOULDERS, clothes), (CHEST, clothes)):
        add_mesh(*body.surface(64), surface)
    hair = _Hair.any(rng)
    lines = _curled(rng, _fallen(rng, hair), hair)
    thick = rng.uniform(0.0007, 0.0022) * (1 - 0.7 * np.linspace(0, 1, STEPS))
    add_strands(list(lines), [thick] * len(lines), hair_surface(rng), flat=True)


class _Hair(NamedTuple):
    """How a head's hair grows and falls."""

    hairs: int
    locks: int
    length: float
    lift: float  # how much it stands up from the head before it falls
    weight: float
    wind: Points
    together: float  # 1: the hairs of a lock meet at its end
    wild: float  # what a hair does by itself
    flying: float  # the share of hairs that hardly fall
    curl: float  # radius
    turns: float

    @classmethod
    def any(cls, rng: np.random.Generator) -> _Hair:
        """A random one, short or long."""
        return cls(
            hairs=int(rng.uniform(4000, 11000)),
            locks=int(rng.uniform(40, 400)),
            length=rng.uniform(0.15, 0.6) if rng.random() < 0.3 else rng.uniform(0.6, 1.9),
            lift=rng.uniform(0.1, 1.0),
            weight=rng.uniform(1.0, 6),
            wind=rng.normal(size=3) * [1, 0.6, 0.4] * rng.choice([0.1, 1.5]),
            together=rng.uniform(0, 0.8),
            wild=rng.uniform(0.02, 0.25),
            flying=rng.uniform(0.01, 0.12),
            curl=rng.uniform(0.01, 0.06) * (rng.random() < 0.4),
            turns=rng.uniform(2, 10),
        )


def _roots(rng: np.random.Generator, count: int) -> Points:
    """Directions from the head's middle to where hair grows: not to the face, which is at -y."""
    out = directions(rng, 4 * count)
    return out[out[:, 2] > 0.15 - 0.5 * out[:, 1]][:count]


def _fallen(rng: np.random.Generator, hair: _Hair) -> Points:
    """Hairs x STEPS x 3: step by step from the root, kept off the head and the shoulders."""
    out = _roots(rng, hair.hairs)
    seeds = _roots(rng, hair.locks)
    lock = np.argmax(out @ seeds.T, axis=1)
    flow = np.stack([wander(rng, STEPS) for _ in range(len(seeds))])
    parted = out * [1, 1, 0.2] + [0, 0.3, 0]
    flies = np.where(rng.random((len(out), 1)) < hair.flying, rng.uniform(0.05, 0.5), 1.0)
    fall = (hair.weight * np.array([0, 0, -1]) + hair.wind) * flies
    own = rng.normal(size=(len(out), 3)) * hair.wild / np.sqrt(flies)
    step = hair.length * rng.uniform(0.6, 1.1, (len(out), 1)) / STEPS
    way, at = unit(parted + hair.lift * out), HEAD.centre + out * HEAD.radii
    line = [at]
    for k in range(1, STEPS):
        way = unit(way + step * (fall + 2 * flow[lock, k]) + own * rng.normal(size=own.shape) * 0.3)
        at = at + step * (way + own)
        for body in (HEAD, SHOULDERS, CHEST):
            at = body.pushed_out(at)
        line.append(at)
    lines = np.stack(line, axis=1)
    middle = np.empty_like(lines)
    for k in np.unique(lock):
        middle[lock == k] = lines[lock == k].mean(axis=0)
    return lines + hair.together * np.linspace(0, 1, STEPS)[:, None] * (middle - lines)


def _curled(rng: np.random.Generator, lines: Points, hair: _Hair) -> Points:
    t = np.linspace(0, 1, STEPS)
    angle = 2 * np.pi * (hair.turns * t + rng.random((len(lines), 1)) * 0.7)
    across = np.stack([np.cos(angle), np.sin(angle), 0.3 * np.sin(angle)], axis=2)
    return np.asarray(lines + hair.curl * t[:, None] * across)
