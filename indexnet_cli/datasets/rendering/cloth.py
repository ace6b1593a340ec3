"""Hanging cloth: veils and lace that let light through, flags, towels and scarves that do not."""

from __future__ import annotations

import bpy
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.rendering.shapes import (
    Points,
    ball_profile,
    closed,
    grid_faces,
    revolve,
    wander,
)
from indexnet_cli.datasets.rendering.studio import (
    Shader,
    add_camera,
    add_mesh,
    add_strands,
    any_colour,
    image_of,
    material,
    plain,
)
from indexnet_cli.datasets.textures import printed_texture, smooth_texture

GRID = 220
U, V = np.meshgrid(np.linspace(0, 1, GRID), np.linspace(0, 1, GRID))  # across, upwards
ON_SHEET = "on the sheet"  # where a point of cloth is on its print
MOST_TURNED = 0.9


def draw_veil(rng: np.random.Generator) -> None:
    """One or two layers of thin cloth, before something solid in a third."""
    add_camera(rng, MOST_TURNED, 2.5)
    surface = _sheer(rng, lace=rng.random() < 0.35)
    for layer in range(1 + int(rng.random() < 0.3)):
        folds = _folds(rng)
        folds[:, 1] += 0.25 * layer
        add_mesh(folds, grid_faces(GRID, GRID), surface)
    if rng.random() < 0.35:
        points, faces = revolve(ball_profile(rng.uniform(0.2, 0.5), rng.uniform(0.3, 1.2)), 48)
        behind = [rng.uniform(-0.5, 0.5), rng.uniform(0.5, 0.8), rng.uniform(-0.7, 0.5)]
        add_mesh(points + behind, faces, plain(any_colour(rng), rng.uniform(0.2, 0.9)))


def draw_cloth(rng: np.random.Generator) -> None:
    """A flag on its pole, a towel or a fringed scarf: printed or dyed, solid or nearly so."""
    add_camera(rng, MOST_TURNED, 2.5)
    points, what = _folds(rng), rng.random()
    if what < 0.4:
        points = _hoisted(rng, points)
    elif what < 0.7:
        _add_fringe(rng, points[:GRID])
    cloth = add_mesh(points, grid_faces(GRID, GRID), _printed(rng))
    at = cloth.data.attributes.new(ON_SHEET, "FLOAT_VECTOR", "POINT")
    at.data.foreach_set("vector", np.stack([U, V, 0 * U], -1).astype(np.float32).ravel())


def _hoisted(rng: np.random.Generator, points: Points) -> Points:
    """The cloth with its left edge on a pole, which comes into the scene."""
    rows = points.reshape(GRID, GRID, 3)
    hoist = rows[:, :1] * [1, 1, 0]
    rows = rows - hoist * (1 - np.linspace(0, 1, GRID)[:, None]) ** 2
    radius, top = rng.uniform(0.015, 0.05), rows[..., 2].max() + rng.uniform(0, 0.15)
    foot = top - rng.uniform(1.5, 3.0)
    pole, faces = revolve(closed(np.array([[radius, foot], [radius, top]])), 24)
    surface = plain(any_colour(rng, (0, 0.7)), rng.uniform(0.2, 0.8))
    add_mesh(pole + np.array([rows[0, 0, 0] - radius, 0, 0]), faces, surface)
    return np.asarray(rows.reshape(-1, 3))


def _add_fringe(rng: np.random.Generator, hem: Points) -> None:
    """Threads or cords that hang from the hem (N x 3), one by one or drawn together in tassels."""
    t = np.linspace(0, 1, 12)[:, None]
    length, wild = log_uniform(rng, 0.08, 1.2), rng.uniform(0.01, 0.12)
    radius = log_uniform(rng, 0.002, 0.014)
    hem = hem[:: max(1, int(radius / 0.003))]
    wide = int(rng.integers(6, 25)) if rng.random() < 0.4 else 1  # threads to a tassel
    knots = np.repeat(hem[wide // 2 :: wide], wide, axis=0)[: len(hem)]
    dyed: list[list[Points]] = [[] for _ in range(int(rng.integers(1, 7)))]
    gaps, meeting = rng.uniform(0, 0.5), np.minimum(4 * t, 1)  # a quarter down
    for k, (root, knot) in enumerate(zip(hem, knots, strict=False)):
        if rng.random() < gaps:
            continue
        cords = dyed[(k // wide) % len(dyed)]
        for _ in range(3 if radius < 0.004 else 1):
            hang = length * rng.uniform(0.7, 1.1)
            drop = rng.normal(size=3) * wild * length - [0, 0, hang]
            line = root + (knot - root) * meeting + drop * t
            sway = 0.15 * wild * length * t * wander(rng, len(t))
            cords.append(line + sway + rng.normal(size=3) * 0.004)
    thinning = radius * (1 - 0.4 * t[:, 0])
    for cords in filter(None, dyed):
        add_strands(cords, [thinning] * len(cords), plain(any_colour(rng), 0.9))


def _printed(rng: np.random.Generator) -> bpy.types.Material:
    """Dense cloth with a print, or of one dye here and there faded."""
    draw = printed_texture if rng.random() < 0.65 else smooth_texture
    inks, roughness = image_of(draw(rng, 512)), rng.uniform(0.5, 1)
    cover = 1.0 if rng.random() < 0.4 else 1 - rng.uniform(0.01, 0.3) ** 1.5
    through = rng.uniform(0.05, 0.35)

    def weave(shader: Shader) -> bpy.types.NodeSocket:
        sheet = shader.node("Attribute")
        sheet.attribute_name = ON_SHEET
        print_ = shader.node("TexImage", sheet.outputs["Vector"])
        print_.image = inks
        colour = print_.outputs["Color"]
        lit = shader.mixed(
            through,
            shader.surface(Base_Color=colour, Roughness=roughness),
            shader.node("BsdfTranslucent", colour).outputs[0],
        )
        bare = shader.node("BsdfTransparent").outputs[0]
        return shader.mixed(_slanted(shader, cover), bare, lit)

    return material(weave)


def _folds(rng: np.random.Generator) -> Points:
    depth = np.zeros_like(U)
    for count in rng.uniform(1, 9, 5):
        sway = 0.2 * np.sin(2 * np.pi * (V * rng.uniform(0.3, 1) + rng.random()))
        depth += np.sin(2 * np.pi * (count * U + rng.random() + sway)) / count**0.8
    depth *= rng.uniform(0.04, 0.14) * (0.3 + V)
    wide, flare = rng.uniform(1.0, 2.2), rng.uniform(0, 0.8)
    x = (U - 0.5) * wide * (1 + flare * (0.5 - V))
    x += rng.uniform(0, 0.2) * np.sin(2 * np.pi * V * rng.uniform(0.3, 1))
    return np.stack([x, depth, (V - 0.5) * rng.uniform(1.4, 2.3)], -1).reshape(-1, 3)


def _sheer(rng: np.random.Generator, lace: bool) -> bpy.types.Material:
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
