"""Draw docs/images/example.png: image, trimap, matte and cut-out of the picture in examples/.

python docs/make_pictures.py [--weights FILE]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from indexnet_cli import Matter, score
from indexnet_cli.imaging.compositing import checkerboard, composite
from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap

ROOT = Path(__file__).parents[1]
PANEL_WIDTH, GAP = 480, 8


def main() -> None:
    """Matte the example and write its panels, two above two."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", metavar="FILE", help="checkpoint instead of the bundled one")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/images/example.png")
    options = parser.parse_args()
    image = read_image(ROOT / "examples/fluff.jpg").pixels
    trimap, _ = read_trimap(ROOT / "examples/fluff_trimap.png")
    alpha = Matter(weights=options.weights).matte(image, trimap)
    found = score(alpha, read_alpha(ROOT / "examples/fluff_truth.png"), trimap)
    print(f"SAD {found.sad:.2f}, MSE {found.mse:.4f}")  # noqa: T201
    colours = estimate_foreground(image, alpha)
    board = checkerboard(*alpha.shape).astype(np.float32) / 255
    cut_out = np.rint(composite(colours, board, alpha) * 255).astype(np.uint8)
    grey = np.rint(alpha * 255).astype(np.uint8)
    panels = [image, _colours(trimap), _colours(grey), cut_out]
    height = round(PANEL_WIDTH * image.shape[0] / image.shape[1])
    small = [cv2.resize(p, (PANEL_WIDTH, height), interpolation=cv2.INTER_AREA) for p in panels]
    sheet = np.full((2 * height + GAP, 2 * PANEL_WIDTH + GAP, 3), 255, np.uint8)
    for i, panel in enumerate(small):
        top, left = (i // 2) * (height + GAP), (i % 2) * (PANEL_WIDTH + GAP)
        sheet[top : top + height, left : left + PANEL_WIDTH] = panel
    options.output.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(options.output, optimize=True)


def _colours(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


if __name__ == "__main__":
    main()
