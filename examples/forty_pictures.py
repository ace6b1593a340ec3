"""Draws forty pictures with alphas, for trying docs/tutorial-training.md without any of one's own.

Fur, hair and leaves by the generator of the training data, in colours that it makes up; half a
minute. ``python examples/forty_pictures.py DIR`` writes DIR/image and DIR/alpha.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from indexnet_cli.datasets.colours import colour_pieces
from indexnet_cli.datasets.damage import damage_image
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.textures import smooth_texture, streak_texture

COUNT, SIDE = 40, 448
DRAWN = ("fur", "hair", "leaves_branches", "feather")


def main(folder: Path, count: int = COUNT, side: int = SIDE) -> None:
    """Write ``count`` square pictures and their alphas; the same ones every time."""
    for name in ("image", "alpha"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rng = np.random.default_rng([2024, number])
        kind = DRAWN[number % len(DRAWN)]
        matte = KINDS[kind].draw(rng, side)
        alpha = np.rint(matte.alpha * 255).astype(np.uint8)
        front, behind = streak_texture(rng, side), smooth_texture(rng, side) / 255.0
        if matte.pieces is not None:
            front = colour_pieces(rng, front, matte.pieces)
        image = behind + alpha[..., None] / 255.0 * (front / 255.0 - behind)
        image = damage_image(rng, image.astype(np.float32))
        stem = f"{kind}-{number:02}"
        Image.fromarray(alpha).save(folder / "alpha" / f"{stem}.png")
        pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "image" / f"{stem}.jpg", quality=95)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
