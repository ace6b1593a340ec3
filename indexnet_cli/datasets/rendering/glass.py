"""Vessels, bulbs and bags: what is seen through and shows by rims, reflections and a tint."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import (
    ON_AXIS,
    Profile,
    ball_profile,
    closed,
    directions,
    grid_faces,
    revolve,
    smooth_profile,
)
from indexnet_cli.datasets.rendering.studio import (
    Shader,
    add_camera,
    add_mesh,
    any_colour,
    material,
    plain,
)

WIDTH = 2.1


def draw_glass(rng: np.random.Generator) -> None:
    """A vessel, some with a drink in it, or a bulb."""
    add_camera(rng, np.pi, WIDTH)
    kind = str(rng.choice(["tumbler", "goblet", "bottle", "vase", "bulb", "bowl"]))
    outside = smooth_profile(_knots(rng, kind))
    wall = rng.uniform(0.012, 0.06)
    inside = np.stack([np.maximum(outside[:, 0] - wall, 2 * ON_AXIS), outside[:, 1]], 1)
    inside = inside[2 + int(rng.integers(0, 6)) :]
    vessel = add_mesh(*revolve(closed(np.concatenate([outside, inside[::-1]]))), _glass(rng))
    if rng.random() < 0.25:
        _cut(rng, vessel)
    if kind == "bulb":
        cap = closed(smooth_profile([(0.22, 0.88), (0.23, 1.0), (0.2, 1.25)], 30))
        add_mesh(*revolve(cap), plain((0.7, 0.65, 0.5, 1), 0.3, metallic=1.0))
    elif rng.random() < 0.4:
        _fill(rng, inside)
    vessel.rotation_euler = (*rng.uniform(-0.3, 0.3, 2), 0)


def _knots(rng: np.random.Generator, kind: str) -> list[tuple[float, float]]:
    def r(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    if kind == "tumbler":
        return [(r(0.3, 0.5), -0.8), (r(0.35, 0.55), 0), (r(0.4, 0.7), 0.8)]
    if kind == "goblet":
        cup = r(0.4, 0.65)
        foot = [(r(0.4, 0.55), -0.95), (0.06, -0.85), (r(0.03, 0.06), -0.4), (0.05, -0.25)]
        return [*foot, (cup, 0.1), (cup * r(0.7, 1.05), 0.95)]
    if kind == "bottle":
        body, neck = r(0.3, 0.45), r(0.08, 0.14)
        return [(body, -1), (body, 0.1), (body * 0.95, 0.25), (neck, 0.55), (neck, 1)]
    if kind == "vase":
        belly = [(r(0.2, 0.5), -0.9), (r(0.3, 0.7), -0.3)]
        return [*belly, (r(0.15, 0.5), 0.4), (r(0.25, 0.7), 0.9)]
    if kind == "bulb":
        ball = [(0.02, -0.95), (r(0.45, 0.55), -0.5), (r(0.55, 0.65), -0.1)]
        return [*ball, (0.3, 0.5), (0.22, 0.9)]
    return [(0.15, -0.4), (r(0.5, 0.7), -0.2), (r(0.7, 0.9), 0.3)]


def _glass(rng: np.random.Generator) -> bpy.types.Material:
    tint = 1 - rng.random(3) * (0.5 if rng.random() < 0.4 else 0.08)
    # Cycles counts glass rougher than 0.1 as solid
    roughness = 0.0 if rng.random() < 0.8 else rng.uniform(0.02, 0.09)
    bends = rng.uniform(1.35, 1.55)
    return material(
        lambda shader: shader.surface(
            Base_Color=(*tint, 1), Roughness=roughness, IOR=bends, Transmission_Weight=1.0
        )
    )


def _cut(rng: np.random.Generator, vessel: bpy.types.Object) -> None:
    texture = bpy.data.textures.new("cuts", "VORONOI")
    texture.noise_scale = rng.uniform(0.1, 0.4)
    cuts = vessel.modifiers.new("cuts", "DISPLACE")
    cuts.texture, cuts.strength = texture, rng.uniform(0.02, 0.06)


def _fill(rng: np.random.Generator, inside: Profile) -> None:
    level = max(2, int(len(inside) * rng.uniform(0.2, 0.8)))
    colour = any_colour(rng, (0.1, 0.9), (0.3, 1))
    drink = material(
        lambda shader: shader.surface(
            Base_Color=colour, Roughness=0.0, IOR=1.33, Transmission_Weight=1.0
        )
    )
    add_mesh(*revolve(closed(inside[:level] * [0.985, 1])), drink)


def draw_bag(rng: np.random.Generator) -> None:
    """A crumpled bag of thin film, that shows by its gloss and a haze."""
    add_camera(rng, np.pi, WIDTH)
    profile = ball_profile(rng.uniform(0.5, 0.8), rng.uniform(0.6, 0.95), rng.uniform(-0.2, 0.2))
    points, _ = revolve(profile, 160)
    length = np.linalg.norm(points, axis=1, keepdims=True)
    for crease, depth in zip(directions(rng, 40), rng.uniform(0.004, 0.03, 40), strict=True):
        along = (points / length) @ crease
        ridges = np.abs(np.sin(rng.uniform(3, 12) * along + rng.uniform(0, 3)))
        points = points * (1 + depth * (ridges[:, None] - 0.6))
    haze, colour = rng.uniform(0, 0.3), any_colour(rng, (0, 0.3), (0.5, 1))
    roughness = rng.uniform(0.05, 0.3)

    def film(shader: Shader) -> bpy.types.NodeSocket:
        clear = shader.node("BsdfTransparent").outputs[0]
        dull = shader.node("BsdfDiffuse", colour).outputs[0]
        gloss = shader.node("BsdfGlossy", (1, 1, 1, 1), roughness).outputs[0]
        edge = shader.node("Fresnel", 1.5).outputs[0]
        return shader.mixed(edge, shader.mixed(haze, clear, dull), gloss)

    add_mesh(points, grid_faces(len(profile), 160, joined=True), material(film))
