"""Hair and fur on a body."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import (
    Points,
    ball_profile,
    directions,
    revolve,
    wander,
)
from indexnet_cli.datasets.rendering.studio import (
    Colour,
    Shader,
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    material,
    plain,
)

HEAD = np.array([0.55, 0.55, 0.65])


def draw_hair(rng: np.random.Generator) -> None:
    """A head of hair: locks of strands that flow together, more or less, hang and curl."""
    add_camera(rng, np.pi, 3.0)
    skin = any_colour(rng, (0.2, 0.6), (0.3, 0.9))
    add_mesh(*revolve(ball_profile(HEAD[0], HEAD[2]), 64), plain(skin, 0.5))
    count, locks = int(rng.uniform(3000, 12000)), _Locks(rng, int(rng.uniform(20, 150)))
    lines = [locks.strand(rng) for _ in range(count)]
    thick = rng.uniform(0.0008, 0.003)
    thinning = thick * (1 - 0.8 * locks.t[:, 0])
    add_strands(lines, [thinning] * count, hair_surface(rng), flat=True)


class _Locks:
    """What the strands of a head have in common."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.t = np.linspace(0, 1, 24)[:, None]
        centres = rng.normal(size=(count, 3))
        centres[:, 2] = np.abs(centres[:, 2]) - rng.uniform(0, 0.6)
        self.centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        self.flows = [wander(rng, 24) for _ in range(count)]
        self.length, self.together = rng.uniform(0.25, 1.0), rng.uniform(0.05, 0.45)
        self.pull = rng.normal(size=3) * rng.uniform(0, 0.6) - [0, 0, rng.uniform(-0.1, 0.8)]
        self.curl = rng.uniform(0, 0.08) * (rng.random() < 0.5)
        self.turns, self.wild = rng.uniform(2, 9), rng.uniform(0.02, 0.2)
        self.frizz = rng.uniform(0.015, 0.15)

    def strand(self, rng: np.random.Generator) -> Points:
        """The 24 points of a strand."""
        t, lock = self.t, int(rng.integers(len(self.flows)))
        out = self.centres[lock] + rng.normal(size=3) * 0.25
        out /= np.linalg.norm(out)
        length = self.length * rng.uniform(0.6, 1.15)
        flow = self.together * self.flows[lock] + rng.normal(size=3) * 0.04
        way = out + rng.normal(size=3) * self.wild + flow + t * self.pull
        line = out * HEAD + t * (way * length + self.frizz * wander(rng, 24))
        if self.curl:
            side = np.cross(out, [0.3, 0.5, 0.8])
            turn = 2 * np.pi * (self.turns * t + rng.random() / 2 + lock)
            line += self.curl * t * (np.cos(turn) * side + np.sin(turn) * np.cross(out, side))
        return np.asarray(line)


def hair_surface(rng: np.random.Generator) -> bpy.types.Material:
    """Hair of a natural colour, or dyed."""
    if rng.random() < 0.2:
        return dyed(any_colour(rng, (0.3, 1), (0.2, 0.9)))
    melanin, redness = rng.uniform(0.02, 0.95), rng.random()

    def natural(shader: Shader) -> bpy.types.NodeSocket:
        hair = shader.node("BsdfHairPrincipled")
        hair.parametrization = "MELANIN"  # the inputs that follow are there from now on
        hair.inputs["Melanin"].default_value = melanin
        hair.inputs["Melanin Redness"].default_value = redness
        return hair.outputs[0]

    return material(natural)


def dyed(colour: Colour) -> bpy.types.Material:
    """Hair, fur or feathers of one colour."""

    def coloured(shader: Shader) -> bpy.types.NodeSocket:
        hair = shader.node("BsdfHairPrincipled", Color=colour)
        hair.parametrization = "COLOR"
        return hair.outputs[0]

    return material(coloured)


def draw_fur(rng: np.random.Generator) -> None:
    """A furry body: short strands in tufts that lean."""
    add_camera(rng, np.pi, 2.0)
    waist = 0.15
    colour = any_colour(rng, (0.05, 0.7), (0.05, 0.95))
    add_mesh(*revolve(ball_profile(0.6, waist=waist), 64), plain(colour, 0.9))
    count, t = int(rng.uniform(8000, 20000)), np.linspace(0, 1, 8)[:, None]
    tufts, lean = directions(rng, 400), rng.normal(size=3) * 0.3
    tilts = rng.normal(size=(400, 3)) * rng.uniform(0.05, 0.5)
    tuft = rng.integers(400, size=count)
    out = tufts[tuft] + rng.normal(size=(count, 3)) * 0.08
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    round_ = 0.6 * (1 + waist * np.sin(3 * np.arccos(np.clip(-out[:, 2:], -1, 1))))
    roots = out * np.concatenate([round_, round_, np.full_like(round_, 0.6)], 1)
    length = rng.uniform(0.06, 0.3) * rng.uniform(0.6, 1.2, (count, 1))
    way = (out + lean + tilts[tuft] + rng.normal(size=(count, 3)) * 0.15) * length
    lines = roots[:, None] + t * way[:, None] - t**2 * [0, 0, 0.3] * length[:, None]
    thinning = rng.uniform(0.0015, 0.004) * (1 - 0.85 * t[:, 0])
    add_strands(list(lines), [thinning] * count, dyed(colour), flat=True)
