"""Draw docs/images/renders.jpg: the first path-traced cut-out of every kind, and its alpha.

    python docs/make_renders.py

Needs Blender's module (`pip install "indexnet[render]"`) and some minutes. Here the picture in
examples/ lights them, not a photograph of the pack.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.contact_sheet import GREEN
from indexnet_cli.datasets.rendering.making import COUNTS
from indexnet_cli.datasets.rendering.tracing import trace
from indexnet_cli.imaging.writing import write_rgba

ROOT = Path(__file__).parents[1]
PANEL = 200  # pixels
IN_A_ROW = 5  # divides the number of kinds


def panel_of(cut_out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The cut-out on green above its alpha, 2 PANEL x PANEL x 3."""
    planes = cut_out.astype(np.float32) / 255
    planes[..., :3] *= planes[..., 3:]
    scale = PANEL / max(planes.shape[:2])
    small = cv2.resize(planes, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    top, left = (PANEL - height) // 2, (PANEL - width) // 2
    square = np.zeros((PANEL, PANEL, 4), np.float32)
    square[top : top + height, left : left + width] = small
    colours, alpha = square[..., :3], square[..., 3:]
    views = [colours + (1 - alpha) * GREEN, np.repeat(alpha, 3, axis=2)]
    return np.rint(255 * np.concatenate(views)).astype(np.uint8)


def main() -> None:
    """Trace one of each kind and write them in rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs/images/renders.jpg")
    options = parser.parse_args()
    light = [ROOT / "examples/fluff.jpg"]
    panels = [panel_of(trace(kind, 0, light)) for kind in COUNTS]
    rows = [
        np.concatenate(panels[k : k + IN_A_ROW], axis=1) for k in range(0, len(panels), IN_A_ROW)
    ]
    write_rgba(np.concatenate(rows), options.output, overwrite=True)


if __name__ == "__main__":
    main()
