"""Draw docs/images/daily.jpg: what the commands make of the picture in examples/.

python docs/make_gallery.py [--weights FILE]

Trimap from a box (GrabCut, no painting), cut-out, a new background, the blurred original.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from indexnet_cli import Matter
from indexnet_cli.imaging.backgrounds import Background
from indexnet_cli.imaging.compositing import checkerboard, composite
from indexnet_cli.imaging.placement import Placement
from indexnet_cli.imaging.preview import join_panels, overlay
from indexnet_cli.imaging.products import Matted, ProductStyle, compose
from indexnet_cli.imaging.reading import read_image, read_trimap
from indexnet_cli.imaging.trimap_sources import TrimapSource
from indexnet_cli.imaging.writing import write_rgba

ROOT = Path(__file__).parents[1]
BOX = (400, 60, 400, 540)
PANEL = (360, 270)


def main() -> None:
    """Matte the example and write its panels in a row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", metavar="FILE", help="checkpoint instead of the bundled one")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/images/daily.jpg")
    options = parser.parse_args()
    picture = read_image(ROOT / "examples/fluff.jpg")
    from_box, _ = TrimapSource("box", box=BOX).trimap_of(picture.pixels, "fluff.jpg")
    trimap, _ = read_trimap(ROOT / "examples/fluff_trimap.png")
    matted = Matted(picture, trimap, Matter(weights=options.weights).matte(picture.pixels, trimap))
    height, width = trimap.shape
    board = checkerboard(height, width, cell=20).astype(np.float32) / 255
    sky = write_sky(options.output.with_name("sky.png"))
    panels = [
        overlay(picture.pixels, from_box),
        np.rint(composite(matted.foreground, board, matted.alpha) * 255).astype(np.uint8),
        compose(
            matted,
            ProductStyle(("composite",), Background.parse(str(sky))),
            Placement(scale=0.9, position=(0.55, 0.55)),
        ),
        compose(matted, ProductStyle(("composite",), Background.parse("blur:5%"))),
    ]
    sky.unlink()
    small = [cv2.resize(panel, PANEL, interpolation=cv2.INTER_AREA) for panel in panels]
    rows = [join_panels(small[:2]), join_panels(small[2:])]
    gap = np.full((6, rows[0].shape[1], 3), 255, np.uint8)
    write_rgba(np.concatenate([rows[0], gap, rows[1]]), options.output, overwrite=True)


def write_sky(path: Path) -> Path:
    """A drawn evening sky above hills, as a background picture."""
    rows, columns = np.mgrid[:600, :800].astype(np.float32)
    height = (rows / 600)[..., None]
    top, low = np.array([40, 60, 130.0]), np.array([250, 180, 120.0])
    sky = top + (low - top) * height**1.3
    for level, shade in ((430, (96, 84, 118)), (490, (58, 66, 84)), (550, (34, 44, 50))):
        ridge = level + 28 * np.sin(columns / (level - 340)) + 14 * np.sin(columns / 37 + level)
        sky[rows > ridge] = shade
    write_rgba(np.rint(sky).astype(np.uint8), path, overwrite=True)
    return path


if __name__ == "__main__":
    main()
