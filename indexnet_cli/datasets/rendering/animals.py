"""Animals: furry bodies of several parts, with patches of colour and whiskers."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.rendering.shapes import (
    Ellipsoid,
    Points,
    directions,
    unit,
    wander,
)
from indexnet_cli.datasets.rendering.strands import dyed
from indexnet_cli.datasets.rendering.studio import (
    Colour,
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    plain,
)

STEPS = 8  # points of a hair of the fur


def draw_animal(rng: np.random.Generator) -> None:
    """A head with ears before a body with a tail, in fur of two colours."""
    add_camera(rng, np.pi, 2.9)
    parts = _parts(rng)
    colours = [_coat(rng), _coat(rng)]
    long = rng.uniform(0.04, 0.28)
    lean = rng.normal(size=3) * [0.4, 0.4, 0.2] - [0, 0, rng.uniform(0, 0.8)]
    density, tufted = rng.uniform(3500, 8000), rng.uniform(0.05, 0.6)
    hairs = []
    for part in parts:
        add_mesh(*part.surface(48), plain(colours[0], 0.9))
        size = np.sqrt(float(np.sort(part.radii)[1:].prod()) / 0.3)
        hairs.append(
            _fur(rng, part, int(density * size), long * np.clip(size, 0.4, 1), lean, tufted)
        )
    lines = np.concatenate(hairs)
    patches = np.sin(lines[:, 0] @ rng.normal(size=(3, 4)) * 4 + rng.uniform(0, 7, 4)).sum(1)
    second = patches > rng.uniform(-1, 3)
    thinning = rng.uniform(0.0012, 0.0035) * (1 - 0.85 * np.linspace(0, 1, STEPS))
    for colour, some in zip(colours, (lines[~second], lines[second]), strict=True):
        if len(some):
            add_strands(list(some), [thinning] * len(some), dyed(colour), flat=True)
    if rng.random() < 0.7:
        _whiskers(rng, parts[0])


def _coat(rng: np.random.Generator) -> Colour:
    """White, grey, black, or a brown of some hue."""
    value = float(rng.choice([rng.uniform(0.01, 0.08), rng.uniform(0.1, 0.5), 0.9]))
    if rng.random() < 0.4:
        return (value, value, value, 1.0)
    if rng.random() < 0.15:
        return any_colour(rng, (0.05, 0.8), (0.05, 0.95))
    return (value, value * rng.uniform(0.5, 0.85), value * rng.uniform(0.2, 0.6), 1.0)


def _parts(rng: np.random.Generator) -> list[Ellipsoid]:
    """The head, which looks to -y, first."""
    head = Ellipsoid(
        np.array([rng.uniform(-0.2, 0.2), -0.35, 0.3]), rng.uniform(0.33, 0.48, 3) * [1, 1, 0.95]
    )
    body = Ellipsoid(np.array([0, 0.25, -0.35]), np.array([0.5, 0.65, 0.5]) * rng.uniform(0.8, 1.1))
    parts = [head, body]
    ear = head.radii * [rng.uniform(0.25, 0.5), 0.2, rng.uniform(0.3, 1.1)]
    for side in (-1, 1):
        at = np.array([side * rng.uniform(0.5, 0.8), 0.1, rng.uniform(0.75, 1.0)])
        parts.append(Ellipsoid(head.centre + at * head.radii, ear))
        foot = np.array([side * 0.3, -0.3, -0.8])
        parts.append(Ellipsoid(foot, np.array([0.16, 0.22, 0.3])))
    if rng.random() < 0.6:
        start, bent = body.centre + body.radii * [0, 0.9, 0.2], 0.15 * wander(rng, 9)
        way = unit(rng.normal(size=3) * [0.8, 0.4, 0.6] + [0, 0.5, 0.5])
        for k in range(9):
            where = start + 0.07 * k * way + bent[k] - bent[0]
            parts.append(Ellipsoid(where, np.full(3, 0.11 - 0.006 * k)))
    return parts


def _fur(
    rng: np.random.Generator, part: Ellipsoid, count: int, long: float, lean: Points, tufted: float
) -> Points:
    """Hairs x STEPS x 3 on a part."""
    out = directions(rng, count)
    tufts = directions(rng, max(count // 20, 1))
    tuft = np.concatenate([np.argmax(some @ tufts.T, axis=1) for some in np.array_split(out, 16)])
    tilt = rng.normal(size=(len(tufts), 3)) * tufted
    normal = unit(out / part.radii)
    length = long * rng.uniform(0.5, 1.2, (count, 1))
    way = (normal + lean + tilt[tuft] + rng.normal(size=(count, 3)) * 0.15) * length
    t = np.linspace(0, 1, STEPS)[:, None]
    roots = part.centre + out * part.radii
    fall = t**2 * [0, 0, 0.35] * length[:, None]
    return np.asarray(roots[:, None] + t * way[:, None] - fall)


def _whiskers(rng: np.random.Generator, head: Ellipsoid) -> None:
    t = np.linspace(0, 1, 12)[:, None]
    lines = []
    for side in (-1, 1):
        for _ in range(int(rng.uniform(4, 12))):
            root = head.centre + head.radii * [0.3 * side, -0.9, rng.uniform(-0.4, -0.2)]
            way = np.array([side, rng.uniform(-0.7, 0.1), rng.uniform(-0.4, 0.4)])
            line = root + rng.uniform(0.5, 0.9) * t * way - t**2 * [0, 0, rng.uniform(-0.1, 0.2)]
            lines.append(line)
    thinning = rng.uniform(0.002, 0.004) * (1 - 0.8 * t[:, 0])
    add_strands(lines, [thinning] * len(lines), dyed((0.9, 0.9, 0.88, 1)), flat=True)
