"""Twigs with leaves or needles, and the clocks of dandelions."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import Faces, Points, directions, unit, wander
from indexnet_cli.datasets.rendering.studio import (
    Shader,
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    material,
    plain,
)


def draw_plant(rng: np.random.Generator) -> None:
    """Some twigs from one root that bend, with leaves that let light through, or needles."""
    add_camera(rng, np.pi, 2.6)
    needles = rng.random() < 0.3
    slim, size = rng.uniform(0.03, 0.4), rng.uniform(0.08, 0.35)
    lines: list[Points] = []
    radii: list[np.ndarray] = []
    leaves: list[Points] = []
    along = np.linspace(0, 1, 6)[:, None]
    for _ in range(int(rng.uniform(3, 14))):
        twig = _twig(rng)
        lines.append(twig)
        radii.append(rng.uniform(0.006, 0.02) * np.linspace(1, 0.2, len(twig)))
        for _ in range(int(rng.uniform(8, 60))):
            at, way, across, normal = _stem(rng, twig)
            length = size * rng.uniform(0.6, 1.2)
            if needles:
                lines.append(at + along * way * length - along**2 * [0, 0, 0.1 * length])
                radii.append(0.004 * (1 - 0.8 * along[:, 0]))
            else:
                leaves.append(_leaf(rng, at, way * length, across * slim * length, normal))
    surface = _leaf_surface(rng)
    add_strands(lines, radii, surface)
    if leaves:
        add_mesh(np.concatenate(leaves), _leaf_faces(len(leaves)), surface)


def _twig(rng: np.random.Generator) -> Points:
    t = np.linspace(0, 1, 40)[:, None]
    way = rng.normal(size=3) * [0.5, 0.5, 0.2] + [0, 0, rng.uniform(0.6, 1.4)]
    bent = t**2 * [0, 0, -rng.uniform(0, 0.6)] + 0.15 * t * wander(rng, 40)
    return np.asarray([0, 0, -1] + 1.4 * t * way + bent)


def _stem(rng: np.random.Generator, twig: Points) -> tuple[Points, Points, Points, Points]:
    """Where on a twig a leaf begins, its direction, and what is across and normal to it."""
    i = int(rng.integers(4, len(twig)))
    along = unit(twig[i] - twig[i - 1])
    side = unit(np.cross(along, rng.normal(size=3)))
    way = unit(0.9 * side + along * rng.uniform(0.2, 0.9))
    normal = unit(np.cross(way, along))
    return twig[i], way, np.cross(normal, way), normal


LEAF_ROWS = 9


def _leaf(
    rng: np.random.Generator, at: Points, way: Points, across: Points, normal: Points
) -> Points:
    """A leaf's points: ``LEAF_ROWS`` of three, folded along the middle and curved."""
    s = np.linspace(0, 1, LEAF_ROWS)[:, None]
    width = np.sin(np.pi * s**0.8)
    middle = at + s * way - rng.uniform(-0.3, 0.5) * s**2 * np.linalg.norm(way) * normal
    fold = 0.3 * width * np.linalg.norm(across) * normal
    rows = np.stack([middle - width * across + fold, middle, middle + width * across + fold], 1)
    return rows.reshape(-1, 3)


def _leaf_faces(count: int) -> Faces:
    return [
        (first, first + 1, first + 4, first + 3)
        for leaf in range(count)
        for row in range(LEAF_ROWS - 1)
        for half in (0, 1)
        for first in [3 * (leaf * LEAF_ROWS + row) + half]
    ]


def _leaf_surface(rng: np.random.Generator) -> bpy.types.Material:
    green = (rng.uniform(0.02, 0.25), rng.uniform(0.15, 0.5), rng.uniform(0.01, 0.12), 1.0)
    colour = any_colour(rng, (0.4, 0.9), (0.1, 0.6)) if rng.random() < 0.3 else green
    roughness = rng.uniform(0.25, 0.7)

    def leaf(shader: Shader) -> bpy.types.NodeSocket:
        through = shader.node("BsdfTranslucent", colour).outputs[0]
        return shader.mixed(0.35, shader.surface(Base_Color=colour, Roughness=roughness), through)

    return material(leaf)


def draw_clock(rng: np.random.Generator) -> None:
    """The head of a dandelion that has gone to seed, some of it blown away, on its stalk."""
    add_camera(rng, np.pi, 2.4)
    stalk = np.array([0, 0, -1.4]) * np.linspace(0, 1, 40)[:, None] + 0.08 * wander(rng, 40)
    stalk -= stalk[0]
    lines, radii = [stalk], [np.full(40, rng.uniform(0.012, 0.03))]
    out = directions(rng, int(rng.uniform(50, 170)))
    out = out[out @ directions(rng, 1)[0] < rng.uniform(-0.2, 2)]
    radius, long, hairs = rng.uniform(0.4, 0.65), rng.uniform(0.15, 0.35), int(rng.uniform(14, 34))
    thick, flat = rng.uniform(0.0012, 0.003), rng.uniform(0.5, 1.4)
    along = np.linspace(0, 1, 6)[:, None]
    for way in out:
        away = rng.uniform(0.2, 0.7) * (rng.random() < 0.05)  # on its own in the air
        first, last = (0.05 + away) * way, (radius + away) * way
        lines.append(first + along * (last - first))
        radii.append(np.where(along[:, 0] < 0.3, 3.5, 1.2) * thick)
        for spoke in unit(way + flat * directions(rng, hairs)):
            lines.append(last + long * along * spoke + 0.2 * long * along**2 * way)
            radii.append(thick * (1 - 0.7 * along[:, 0]))
    add_strands(lines, radii, plain(any_colour(rng, (0, 0.25), (0.4, 0.95)), 0.6))
