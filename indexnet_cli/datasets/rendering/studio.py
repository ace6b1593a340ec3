"""Blender's side: an empty scene with light and a camera, materials, meshes, strands."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from indexnet_cli.datasets.rendering.shapes import Faces, Points

Colour = tuple[float, float, float, float]


def empty_scene(
    rng: np.random.Generator, side: int, samples: int, bounces: int, photograph: Path
) -> None:
    """A scene of ``side`` x ``side`` pixels lit by a photograph around it and by lamps.

    What is behind stays transparent, through glass too; alpha is the share of ``samples`` rays
    a pixel that something stopped or turned aside. Light is followed for so many ``bounces``.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", samples, int(rng.integers(1 << 30))
    cycles.use_adaptive_sampling = cycles.use_denoising = False
    cycles.max_bounces, cycles.transparent_max_bounces = bounces, 16
    cycles.filter_width = rng.uniform(1.2, 2.2)
    cycles.film_transparent_glass = True
    scene.render.film_transparent = True
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    _surround(rng, photograph)
    for _ in range(int(rng.integers(1, 4))):
        _lamp(rng)


def _surround(rng: np.random.Generator, photograph: Path) -> None:
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(str(photograph))
    place, turned = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
    turned.inputs["Rotation"].default_value[2] = rng.uniform(0, 2 * math.pi)
    links.new(place.outputs["Generated"], turned.inputs["Vector"])
    links.new(turned.outputs["Vector"], picture.inputs["Vector"])
    links.new(picture.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = rng.uniform(0.7, 1.6)


def _lamp(rng: np.random.Generator) -> None:
    lamp = bpy.data.lights.new("lamp", "AREA")
    lamp.energy, lamp.size = rng.uniform(30, 400), rng.uniform(0.3, 3)
    lamp.color = tuple(1 - 0.3 * rng.random(3))
    turn, rise = rng.uniform(0, 2 * math.pi), rng.uniform(-0.3, 1.4)
    _place(bpy.data.objects.new("lamp", lamp), turn, rise, rng.uniform(3, 6))


def add_camera(rng: np.random.Generator, most_turned: float, width: float) -> None:
    """A camera that looks at the origin from the front, at most so far around (radians).

    ``width`` of the things there fills the picture, more or less; half of the pictures have a
    depth of field.
    """
    lens = bpy.data.cameras.new("camera")
    camera = bpy.data.objects.new("camera", lens)
    lens.lens = rng.uniform(40, 90)
    turn = -math.pi / 2 + rng.uniform(-most_turned, most_turned)
    distance = width * lens.lens / lens.sensor_width * rng.uniform(0.95, 1.35)
    _place(camera, turn, rng.uniform(-0.15, 0.7), distance)
    bpy.context.scene.camera = camera
    if rng.random() < 0.5:
        lens.dof.use_dof = True
        lens.dof.focus_distance = distance - rng.uniform(0, 0.9)
        lens.dof.aperture_fstop = rng.uniform(0.3, 2.5)


def _place(thing: bpy.types.Object, turn: float, rise: float, distance: float) -> None:
    """Put a lamp or a camera on a sphere around the origin, to which it looks."""
    flat = math.cos(rise)
    where = Vector((math.cos(turn) * flat, math.sin(turn) * flat, math.sin(rise))) * distance
    thing.location = where
    thing.rotation_euler = (-where).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


class Shader:
    """The nodes of a material in the making."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def node(self, kind: str, *inputs: object, **values: object) -> bpy.types.Node:
        """A node; ``inputs`` in order (sockets, values or None), ``values`` by name."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        named = {name.replace("_", " "): value for name, value in values.items()}
        for key, value in [*enumerate(inputs), *named.items()]:
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[key])
            elif value is not None:
                node.inputs[key].default_value = value
        return node

    def math(self, operation: str, a: object, b: object) -> bpy.types.NodeSocket:
        """The result of arithmetic on sockets or numbers."""
        node = self.node("Math", a, b)
        node.operation = operation
        return node.outputs[0]

    def mixed(self, share: object, a: object, b: object) -> bpy.types.NodeSocket:
        """Surface ``a``, and a ``share`` of ``b``."""
        return self.node("MixShader", share, a, b).outputs[0]

    def surface(self, **values: object) -> bpy.types.NodeSocket:
        """The principled surface."""
        return self.node("BsdfPrincipled", **values).outputs[0]


def material(build: Callable[[Shader], bpy.types.NodeSocket]) -> bpy.types.Material:
    """The material whose surface ``build`` returns."""
    made = bpy.data.materials.new("material")
    made.use_nodes = True
    made.node_tree.nodes.clear()
    surface = build(Shader(made.node_tree))
    made.node_tree.links.new(
        surface, made.node_tree.nodes.new("ShaderNodeOutputMaterial").inputs["Surface"]
    )
    return made


def plain(colour: Colour, roughness: float, metallic: float = 0.0) -> bpy.types.Material:
    """Paint, wood or metal of one colour."""
    return material(
        lambda shader: shader.surface(Base_Color=colour, Roughness=roughness, Metallic=metallic)
    )


def any_colour(
    rng: np.random.Generator,
    saturation: tuple[float, float] = (0, 1),
    value: tuple[float, float] = (0.05, 0.9),
) -> Colour:
    """A random colour of any hue."""
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(), rng.uniform(*saturation), rng.uniform(*value)
    )
    return red, green, blue, 1.0


def image_of(colours: NDArray[np.uint8]) -> bpy.types.Image:
    """A picture for the texture of a surface, from H x W x 3."""
    height, width = colours.shape[:2]
    image = bpy.data.images.new("image", width, height)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = colours[::-1] / 255  # Blender's first row is the lowest
    image.pixels.foreach_set(pixels.ravel())
    return image


def add_mesh(points: Points, faces: Faces, surface: bpy.types.Material) -> bpy.types.Object:
    """A smooth mesh in the scene."""
    mesh = bpy.data.meshes.new("mesh")
    mesh.from_pydata(points.tolist(), [], faces)
    mesh.update()
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.materials.append(surface)
    thing = bpy.data.objects.new("mesh", mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def add_strands(
    lines: Sequence[Points],
    radii: Sequence[np.ndarray],
    surface: bpy.types.Material,
    *,
    flat: bool = False,
) -> None:
    """Curves of the given points and radii; ``flat`` ones face the camera, as hair may."""
    curves = bpy.data.hair_curves.new("strands")
    curves.add_curves([len(line) for line in lines])
    points = np.concatenate(lines).astype(np.float32)
    curves.attributes["position"].data.foreach_set("vector", points.ravel())
    radius = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    radius.data.foreach_set("value", np.concatenate(radii).astype(np.float32))
    curves.materials.append(surface)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("strands", curves))
    bpy.context.scene.cycles_curves.shape = "RIBBONS" if flat else "THICK"
