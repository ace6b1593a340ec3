"""Draw examples/fluff.jpg with its trimap and true alpha: a furry creature before a photograph.

    pip install scikit-image && python examples/make_example.py

The photograph behind is NASA's portrait of Eileen Collins (public domain), which scikit-image
carries. The creature is drawn strand by strand; its alpha is therefore exact.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage.data
from PIL import Image

from indexnet_cli.datasets.mattes.drawing import grow_curves
from indexnet_cli.imaging.compositing import composite
from indexnet_cli.imaging.trimaps import make_trimap
from indexnet_cli.imaging.writing import write_alpha

WIDTH, HEIGHT, FACTOR, SHIFT = 800, 600, 3, 4
LIGHT = np.array([-0.5, -0.62, 0.6])
BROWN, CREAM, DARK = (np.array(c, float) for c in ((150, 104, 66), (236, 214, 178), (70, 44, 30)))
HEAD, BODY = (592.0, 285.0, 122.0, 108.0), (606.0, 520.0, 158.0, 190.0)  # centre, radii


class Painting:
    """Colour and coverage, supersampled; coordinates are pixels of the result."""

    def __init__(self) -> None:
        shape = (HEIGHT * FACTOR, WIDTH * FACTOR)
        self.colour = np.full((*shape, 3), BROWN * 0.8, np.uint8)
        self.cover = np.zeros(shape, np.uint8)
        self.faint = np.zeros(shape, np.uint8)

    def line(self, points: Any, width: float, colour: Any, cover: int = 255) -> None:
        """Draw one strand, K x 2 points, with a level of coverage."""
        fixed = [np.round(((points + 0.5) * FACTOR - 0.5) * 2**SHIFT).astype(np.int32)]
        thick = max(round(width * FACTOR), 1)
        shade = tuple(float(c) for c in np.clip(colour, 0, 255))
        cv2.polylines(self.colour, fixed, False, shade, thick, cv2.LINE_AA, SHIFT)
        # Apart, because a faint hair must not thin what lies under it.
        canvas = self.cover if cover == 255 else self.faint
        cv2.polylines(canvas, fixed, False, cover, thick, cv2.LINE_AA, SHIFT)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: Any, turn: float = 0):
        """Fill an ellipse with one colour."""
        centre = (round(x * FACTOR * 16), round(y * FACTOR * 16))
        axes = (round(rx * FACTOR * 16), round(ry * FACTOR * 16))
        shade = tuple(float(c) for c in colour)
        for canvas, ink in ((self.colour, shade), (self.cover, 255)):
            cv2.ellipse(canvas, centre, axes, turn, 0, 360, ink, -1, cv2.LINE_AA, SHIFT)

    def finish(self) -> tuple[Any, Any]:
        """Shrink to the result's size: colours HxWx3 and alpha HxW, float32 in [0, 1]."""
        small = [
            cv2.resize(c, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
            for c in (self.colour, np.maximum(self.cover, self.faint))
        ]
        return small[0], cv2.GaussianBlur(small[1], (0, 0), 0.45)


def fur(rng: np.random.Generator, painting: Painting, ball: Any, count: int, long: float) -> None:
    """Cover an ellipsoid with strands that lie outwards and down; those in the middle on top."""
    cx, cy, rx, ry = ball
    turn = rng.uniform(0, 2 * np.pi, count)
    radius = np.sqrt(rng.uniform(0, 1, count))
    order = np.argsort(-radius + rng.normal(0, 0.05, count))
    turn, radius = turn[order], radius[order]
    u, v = radius * np.cos(turn), radius * np.sin(turn)
    roots = np.stack([cx + rx * u, cy + ry * v], axis=1)
    tufts = 0.5 * np.sin(roots[:, 0] / 9.0 + 2.2 * np.sin(roots[:, 1] / 13.0))
    # Unruly where the coat parts, or it would lie there like a star.
    unruly = 0.2 + 0.9 * np.exp(-(((v + 0.35) / 0.2) ** 2) - (u / 0.2) ** 2)
    angles = np.arctan2(v * 1.2 + 0.42, u * 1.2) + 0.5 * tufts + unruly * rng.normal(0, 1, count)
    lengths = long * (0.45 + 0.7 * radius) * rng.lognormal(-0.05, 0.28, count)
    sag = np.where(u > 0, 0.45, -0.45) * np.abs(u)
    curves = grow_curves(roots, angles, lengths, sag + rng.normal(0, 0.35, count), count=9)
    depth = np.sqrt(np.maximum(1 - radius**2, 0))
    light = 0.42 + 0.72 * np.maximum(np.stack([u, v, depth], axis=1) @ LIGHT, 0)
    for i in range(count):
        # Pale on the face and chest, dark in the tufts' hollows and towards the roots.
        pale = np.exp(-(((u[i] + 0.05) / 0.5) ** 2 + ((v[i] - 0.25) / 0.6) ** 2))
        hair = BROWN + (CREAM - BROWN) * np.clip(pale + rng.normal(0, 0.14), 0, 1)
        hair = hair * light[i] * (1 + 0.16 * tufts[i]) * rng.lognormal(0, 0.12)
        width = rng.uniform(0.7, 1.5)
        painting.line(curves[i, :4], width, 0.62 * hair + 0.1 * DARK)
        painting.line(curves[i, 3:7], 0.75 * width, 0.92 * hair)
        painting.line(curves[i, 6:], 0.45 * width, 1.15 * hair)


def wisps(rng: np.random.Generator, painting: Painting, ball: Any, count: int, long: float) -> None:
    """Stray hairs around the outline, lit from behind, thinner than a pixel."""
    cx, cy, rx, ry = ball
    turn = rng.uniform(-np.pi, np.pi, count)
    roots = np.stack([cx + 0.95 * rx * np.cos(turn), cy + 0.95 * ry * np.sin(turn)], axis=1)
    lengths = long * rng.lognormal(0, 0.4, count)
    curves = grow_curves(
        roots, turn + rng.normal(0, 0.35, count), lengths, rng.normal(0, 0.9, count), count=12
    )
    for curve in curves:
        hair = (BROWN + CREAM) * rng.uniform(0.42, 0.58)
        painting.line(curve, 0.34, hair, int(rng.integers(110, 230)))


def ear(rng: np.random.Generator, painting: Painting, x: float, y: float, lean: float) -> None:
    """A tuft of long hair that closes to a point."""
    count = 900
    across = rng.normal(0, 1, count)
    roots = np.stack([x + 19 * across, y + rng.uniform(-12, 30, count)], axis=1)
    lengths = 82 * rng.lognormal(-0.15, 0.35, count) * np.exp(-0.12 * across**2)
    angles = lean - 0.22 * across * np.sign(-np.sin(lean)) + rng.normal(0, 0.13, count)
    curves = grow_curves(roots, angles, lengths, 0.2 * across + rng.normal(0, 0.3, count), count=10)
    for i in np.argsort(-np.abs(across)):
        hair = (DARK + (BROWN * 1.15 - DARK) * rng.uniform(0.1, 1)) * (1.05 - 0.18 * across[i])
        painting.line(curves[i, :6], 0.9, 0.8 * hair)
        painting.line(curves[i, 5:], 0.4, 1.2 * hair)


def face(rng: np.random.Generator, painting: Painting) -> None:
    """Two eyes that reflect a window, a nose, hair over the lids, whiskers."""
    x, y = HEAD[0] - 6, HEAD[1] + 4
    for side in (-1, 1):
        ex = x + 47 * side
        painting.ellipse(ex, y, 23, 24, DARK * 0.5)
        for step in range(12):
            shade = np.array([196, 128, 38]) * (0.35 + 0.06 * step)
            painting.ellipse(ex, y + 0.5 * step * 0.6, 20 - step, 21 - step, shade)
        painting.ellipse(ex, y, 12, 13, (12, 10, 12))
        painting.ellipse(ex - 7, y - 8, 5.2, 4.2, (246, 250, 255), -25)
        painting.ellipse(ex + 6, y + 8, 2.2, 1.8, (150, 160, 175))
        for _ in range(170):
            turn = rng.uniform(0, 2 * np.pi)
            root = np.array([[ex + 27 * np.cos(turn), y + 28 * np.sin(turn)]])
            inward = rng.random() < 0.4 and np.sin(turn) < 0
            angle = np.array([turn + (np.pi if inward else 0) + rng.normal(0, 0.5)])
            long = np.array([rng.uniform(5, 9) if inward else rng.uniform(7, 17)])
            hair = CREAM * rng.uniform(0.5, 1.0)
            painting.line(grow_curves(root, angle, long, np.zeros(1), count=4)[0], 0.6, hair)
    for step in range(8):
        shade = np.array([58, 38, 40]) + step * np.array([14, 10, 11])
        painting.ellipse(
            x - 0.7 * step, y + 40 - 0.9 * step, 14 - 1.7 * step, 10 - 1.2 * step, shade
        )
    for side in (-1, 1):
        for _ in range(9):
            root = np.array([[x + side * rng.uniform(20, 34), y + rng.uniform(44, 60)]])
            angle = np.array([rng.normal(0, 0.2) + (np.pi if side < 0 else 0)])
            long, bend = np.array([rng.uniform(120, 190)]), np.array([side * rng.uniform(0.1, 0.6)])
            curve = grow_curves(root, angle, long, bend, count=14)[0]
            painting.line(curve[:8], 0.5, CREAM * 1.02)
            painting.line(curve[7:], 0.34, CREAM * 1.05, 190)


def background() -> Any:
    """The photograph, enlarged and a little out of focus; HxWx3 float32 in [0, 1]."""
    photograph = skimage.data.astronaut()[8:350, 56:].astype(np.float32) / 255
    large = cv2.resize(photograph, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(cv2.GaussianBlur(large, (0, 0), 2.2), 0, 1)


def rounded_trimap(alpha: Any) -> Any:
    """A trimap as one paints it: a band around the fur, not a sleeve for every hair."""
    trimap = make_trimap(alpha, erode=9, dilate=5)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (61, 61))
    near = cv2.copyMakeBorder(trimap, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    near = cv2.morphologyEx((near > 0).astype(np.uint8), cv2.MORPH_CLOSE, disc)[60:-60, 60:-60]
    trimap[(near > 0) & (trimap == 0)] = 128
    return trimap


def main() -> None:
    """Write the three pictures beside this script."""
    rng = np.random.default_rng(7)
    painting = Painting()
    wisps(rng, painting, BODY, 500, 62)
    painting.ellipse(*BODY, BROWN * 0.5)
    fur(rng, painting, BODY, 17000, 44)
    wisps(rng, painting, HEAD, 420, 52)
    for side in (-1, 1):
        ear(rng, painting, HEAD[0] + 78 * side, HEAD[1] - 74, -np.pi / 2 + 0.42 * side)
    painting.ellipse(*HEAD, BROWN * 0.5)
    fur(rng, painting, HEAD, 13000, 31)
    face(rng, painting)
    colours, alpha = painting.finish()
    alpha[alpha < 0.5 / 255] = 0
    image = composite(colours, background(), alpha)
    noise = cv2.GaussianBlur(rng.normal(0, 1, image.shape).astype(np.float32), (0, 0), 0.6)
    image = np.clip(image + noise * (0.006 + 0.012 * image), 0, 1)
    folder = Path(__file__).parent
    pixels = Image.fromarray(np.rint(image * 255).astype(np.uint8))
    pixels.save(folder / "fluff.jpg", quality=93, subsampling=0)
    write_alpha(alpha, folder / "fluff_truth.png", overwrite=True)
    trimap = rounded_trimap(np.rint(alpha * 255).astype(np.uint8))
    Image.fromarray(trimap).save(folder / "fluff_trimap.png", optimize=True)


if __name__ == "__main__":
    main()
