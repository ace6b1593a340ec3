"""Veils and lace: hanging cloth that lets light through."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.rendering.shapes import Points, ball_profile, grid_faces, revolve
from indexnet_cli.datasets.rendering.studio import (
    Shader,
    add_camera,
    add_mesh,
    any_colour,
    material,
    plain,
)

GRID = 220
MOST_TURNED = 0.9


def draw_veil(rng: np.random.Generator) -> None:
    """One or two layers of thin cloth, before something solid in a third."""
    add_camera(rng, MOST_TURNED, 2.5)
    surface = _cloth(rng, lace=rng.random() < 0.35)
    for layer in range(1 + int(rng.random() < 0.3)):
        folds = _folds(rng)
        folds[:, 1] += 0.25 * layer
        add_mesh(folds, grid_faces(GRID, GRID), surface)
    if rng.random() < 0.35:
        points, faces = revolve(ball_profile(rng.uniform(0.2, 0.5), rng.uniform(0.3, 1.2)), 48)
        behind = [rng.uniform(-0.5, 0.5), rng.uniform(0.5, 0.8), rng.uniform(-0.7, 0.5)]
        add_mesh(points + behind, faces, plain(any_colour(rng), rng.uniform(0.2, 0.9)))


def _folds(rng: np.random.Generator) -> Points:
    u, v = np.meshgrid(np.linspace(0, 1, GRID), np.linspace(0, 1, GRID))
    depth = np.zeros_like(u)
    for count in rng.uniform(1, 9, 5):
        sway = 0.2 * np.sin(2 * np.pi * (v * rng.uniform(0.3, 1) + rng.random()))
        depth += np.sin(2 * np.pi * (count * u + rng.random() + sway)) / count**0.8
    depth *= rng.uniform(0.04, 0.14) * (0.3 + v)
    wide, flare = rng.uniform(1.0, 2.2), rng.uniform(0, 0.8)
    x = (u - 0.5) * wide * (1 + flare * (0.5 - v))
    x += rng.uniform(0, 0.2) * np.sin(2 * np.pi * v * rng.uniform(0.3, 1))
    return np.stack([x, depth, (v - 0.5) * rng.uniform(1.4, 2.3)], -1).reshape(-1, 3)


def _cloth(rng: np.random.Generator, lace: bool) -> bpy.types.Material:
    pale = rng.random() < 0.7
    colour = any_colour(rng, (0, 0.4 if pale else 1), (0.4 if pale else 0.03, 1))
    cover, through = rng.uniform(0.1, 0.75), rng.uniform(0.2, 0.6)
    feature = str(rng.choice(["DISTANCE_TO_EDGE", "F1"]))
    scale, threads = rng.uniform(8, 40), rng.uniform(0.05, 0.2)
    sheer = rng.random() < 0.5

    def weave(shader: Shader) -> bpy.types.NodeSocket:
        lit = shader.mixed(
            through,
            shader.node("BsdfDiffuse", colour).outputs[0],
            shader.node("BsdfTranslucent", colour).outputs[0],
        )
        covered = _slanted(shader, cover)
        if lace:
            pattern = shader.node("TexVoronoi", Scale=scale)
            pattern.feature = feature
            where = shader.node("TexCoord").outputs["Object"]
            shader.tree.links.new(where, pattern.inputs["Vector"])
            if feature == "F1":  # round holes
                solid = shader.math("GREATER_THAN", pattern.outputs["Distance"], 0.2 + threads)
            else:
                solid = shader.math("LESS_THAN", pattern.outputs["Distance"], threads)
            covered = shader.math("MAXIMUM", solid, covered) if sheer else solid
        return shader.mixed(covered, shader.node("BsdfTransparent").outputs[0], lit)

    return material(weave)


def _slanted(shader: Shader, cover: float) -> bpy.types.NodeSocket:
    """What threads cover that cover this much from the front: 1 - (1 - cover) ** (1 / cos)."""
    facing = shader.node("LayerWeight", 0.5).outputs["Facing"]
    cosine = shader.math("SUBTRACT", 1.02, facing)
    open_ = shader.math("POWER", 1 - cover, shader.math("DIVIDE", 1.0, cosine))
    return shader.math("SUBTRACT", 1.0, open_)
