"""Baskets, cages and bins of mesh: the far side shows through the near one, as does what is in it.

Where one looks along the wall the threads draw together.
"""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Canvas, Matte, random_body
from indexnet_cli.datasets.mattes.layers import Colour, Layers, Plane
from indexnet_cli.datasets.mattes.meshes import STEADY_MAKERS
from indexnet_cli.datasets.mattes.revolution import Shape
from indexnet_cli.datasets.shading import shade_by_structure
from indexnet_cli.datasets.textures import plain_inks, printed_texture, smooth_texture

_BODIES = ("tumbler", "tumbler", "vase", "bottle")
_FINER = 2  # meshes are drawn at twice the size: gaps at the outline are narrower than a pixel


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of something of mesh around an axis, with colours of its own."""
    shape = Shape.drawn(rng, _FINER * size, _BODIES)
    near, far = walls(rng, shape)
    colours = _mesh_colours(rng, size)
    layers = Layers(size)
    dim = np.float32(rng.uniform(0.3, 1.0))  # the inside gets less light
    layers.cover(far, dim * _lit(rng, colours, far))
    for _ in range(int(rng.integers(0, 3))):
        _put_in(rng, layers, shape)
    layers.cover(near, _lit(rng, colours, near))
    for ends in _rims(rng, shape):
        layers.cover(ends, _lit(rng, colours, ends))
    return layers.matte(rng)


def walls(rng: np.random.Generator, shape: Shape) -> tuple[Plane, Plane]:
    """Draw the mesh in front and the same mesh behind, seen from a little above or below.

    ``shape`` is of twice the size of the two alphas.
    """
    thread = _FINER * log_uniform(rng, 0.6, 6.0)
    period = max(thread * log_uniform(rng, 2.5, 14.0), 5.0 * _FINER)
    maker = STEADY_MAKERS[int(rng.integers(len(STEADY_MAKERS)))]
    angle = float(rng.choice([0.0, np.pi / 4, rng.uniform(0, np.pi)]))
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    radius = float(shape.profile.max()) * shape.height
    turn = np.arcsin(shape.across)
    lean = shape.tilt * np.cos(turn) * np.float32(rng.choice([-1, 1]))
    repeat = int(rng.integers(1 << 31))  # both sides are one mesh
    sides = []
    for around, sign in ((turn, -1), (np.float32(np.pi) - turn, 1)):
        u = around * np.float32(radius)
        v = shape.along * np.float32(shape.height) + np.float32(sign * radius) * lean
        turned = [cos * u - sin * v, sin * u + cos * v]
        first, second = (plane.astype(np.float32) for plane in turned)
        mesh = maker(np.random.default_rng(repeat), first, second, period, thread)
        sides.append(_shrunk(mesh * shape.inside))
    return sides[0], sides[1]


def _shrunk(plane: Plane) -> Plane:
    size = plane.shape[0] // _FINER
    return np.asarray(cv2.resize(plane, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _mesh_colours(rng: np.random.Generator, size: int) -> Colour:
    """Metal, mostly; wood, plastic."""
    chance = rng.random()
    if chance < 0.6:
        grey = np.full((size, size, 3), rng.uniform(30, 225), np.float32)
        return grey + rng.normal(0, 6, 3).astype(np.float32)
    if chance < 0.8:
        return np.tile(plain_inks(rng, 1)[0], (size, size, 1)).astype(np.float32)
    return smooth_texture(rng, size).astype(np.float32)


def _lit(rng: np.random.Generator, colours: Colour, alpha: Plane) -> Colour:
    plain = np.clip(colours, 0, 255).astype(np.uint8)
    return shade_by_structure(rng, plain, alpha, plain).astype(np.float32)


def _put_in(rng: np.random.Generator, layers: Layers, shape: Shape) -> None:
    """Something solid within: pens and sticks, paper and cloth; some of it looks out at the top."""
    size = layers.size
    if rng.random() < 0.5:
        canvas = Canvas(size)
        ends = size * rng.uniform(-0.2, 1.2, (1, 2, 2))
        canvas.lines(ends, size * log_uniform(rng, 0.01, 0.08))
        thing = canvas.alpha()
    else:
        thing = random_body(rng, size)
    above = shape.along < 0.1
    within = np.where(above & (np.abs(shape.across) < 1), np.float32(1), shape.inside)
    texture = (printed_texture if rng.random() < 0.4 else smooth_texture)(rng, size)
    layers.cover(thing * _shrunk(within), _lit(rng, texture.astype(np.float32), thing))


def _rims(rng: np.random.Generator, shape: Shape) -> list[Plane]:
    """The solid ring at the mouth and the base, where it has them."""
    rims = []
    if rng.random() < 0.7:
        rims.append(_shrunk(shape.ring(0.0, _FINER * log_uniform(rng, 1.5, 14))))
    if rng.random() < 0.5:
        thick = np.float32(rng.uniform(0.02, 0.1))
        rims.append(_shrunk(shape.inside * (shape.along > 1 - thick)))
    return rims
