"""Number ``i`` of a kind, path-traced."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_cli.datasets.rendering.animals import draw_animal
from indexnet_cli.datasets.rendering.cloth import draw_cloth, draw_veil
from indexnet_cli.datasets.rendering.feather import draw_feathers
from indexnet_cli.datasets.rendering.glass import draw_bag, draw_glass
from indexnet_cli.datasets.rendering.net import draw_net, draw_web
from indexnet_cli.datasets.rendering.people import draw_portrait
from indexnet_cli.datasets.rendering.plant import draw_clock, draw_plant
from indexnet_cli.datasets.rendering.strands import draw_fur, draw_hair
from indexnet_cli.datasets.rendering.studio import empty_scene
from indexnet_cli.datasets.rendering.wire import draw_basket, draw_sieve


class Kind(NamedTuple):
    """What puts a thing into the scene, and how it is traced: rays a pixel, bounces of light."""

    draw: Callable[[np.random.Generator], None]
    samples: int
    bounces: int


KINDS: Mapping[str, Kind] = {
    "glass": Kind(draw_glass, 40, 10),
    "veil": Kind(draw_veil, 32, 5),
    "basket": Kind(draw_basket, 24, 3),
    "net": Kind(draw_net, 24, 3),
    "bag": Kind(draw_bag, 32, 6),
    "plant": Kind(draw_plant, 32, 4),
    "fur": Kind(draw_fur, 24, 6),
    "hair": Kind(draw_hair, 24, 6),
    "portrait": Kind(draw_portrait, 24, 6),
    "animal": Kind(draw_animal, 24, 6),
    "sieve": Kind(draw_sieve, 24, 3),
    "feather": Kind(draw_feathers, 24, 6),
    "clock": Kind(draw_clock, 24, 4),
    "web": Kind(draw_web, 24, 4),
    "cloth": Kind(draw_cloth, 32, 4),
}
SIDE = 512  # of the picture in pixels
MARGIN = 2  # pixels around the thing


def trace(
    kind: str, number: int, photographs: Sequence[Path], side: int = SIDE
) -> NDArray[np.uint8]:
    """The cut-out, HxWx4 uint8 RGBA (colours not multiplied by alpha), without its empty rim.

    It is lit by one of the ``photographs``.
    """
    seed = hashlib.sha256(f"{kind} {number}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "big"))
    how, photograph = KINDS[kind], photographs[int(rng.integers(len(photographs)))]
    empty_scene(rng, side, how.samples, how.bounces, photograph)
    how.draw(rng)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "render.png"
        bpy.context.scene.render.filepath = str(file)
        bpy.ops.render.render(write_still=True)
        with Image.open(file) as picture:
            return _without_rim(np.asarray(picture.convert("RGBA")))


def _without_rim(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    seen = picture[..., 3] > 0
    window = []
    for axis in (1, 0):
        at = np.flatnonzero(seen.any(axis=axis))
        first, last = (int(at[0]), int(at[-1])) if len(at) else (0, seen.shape[1 - axis] - 1)
        window.append(slice(max(first - MARGIN, 0), last + 1 + MARGIN))
    return np.ascontiguousarray(picture[window[0], window[1]])
