"""Draws forty pictures with alphas, for trying docs/tutorial-training.md without any of one's own.

Fur, hair and leaves by the generator of the training data, in colours that it makes up; half a
minute. ``python examples/forty_pictures.py DIR`` writes DIR/image and DIR/alpha.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from indexnet_cli.datasets.colours import smooth_texture, streak_texture
from indexnet_cli.datasets.damage import damage_image
from indexnet_cli.datasets.mattes import KINDS

COUNT, SIDE = 40, 448
DRAWN = ("fur", "hair", "leaves_branches", "feather")


def main(folder: Path) -> None:
    """Write COUNT pictures and their alphas; the same ones every time."""
    for name in ("image", "alpha"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(COUNT):
        rng = np.random.default_rng([2024, number])
        kind = DRAWN[number % len(DRAWN)]
        alpha = np.rint(KINDS[kind].draw(rng, SIDE) * 255).astype(np.uint8)
        front, behind = streak_texture(rng, SIDE) / 255.0, smooth_texture(rng, SIDE) / 255.0
        image = behind + alpha[..., None] / 255.0 * (front - behind)
        image = damage_image(rng, image.astype(np.float32))
        stem = f"{kind}-{number:02}"
        Image.fromarray(alpha).save(folder / "alpha" / f"{stem}.png")
        pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "image" / f"{stem}.jpg", quality=95)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
