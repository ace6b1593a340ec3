"""What the drawn mattes share: outlines, tapering strands, supersampled canvases, the result."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.noise import defocus, soft_blur

Alpha = NDArray[np.float32]
Points = NDArray[np.float64]
_SHIFT = 4  # fractional bits of the coordinates that cv2 takes
_PIECES = 251  # numbers that pieces are given in turn
_PIECES_PER_CALL = 9


class Matte(NamedTuple):
    """A matte: ``alpha`` (HxW float32 in [0, 1]) and what is known of its colours.

    ``colours`` (HxWx3 uint8) are its own, where it has some. ``pieces`` (HxW uint8) numbers the
    strands, leaves or shapes that it consists of, 0 for what belongs to none: pieces of different
    numbers may be of different colours.
    """

    alpha: Alpha
    colours: NDArray[np.uint8] | None = None
    pieces: NDArray[np.uint8] | None = None


class Canvas:
    """A supersampled drawing surface; coordinates and widths are in pixels of the result.

    ``pieces`` keeps, at the size of the result, which piece was drawn last at a pixel.
    """

    def __init__(self, size: int, factor: int = 2) -> None:
        self.size = size
        self.factor = factor
        self.pixels = np.zeros((size * factor, size * factor), np.uint8)
        self.pieces = np.zeros((size, size), np.uint8)
        self._drawn = 0

    def _fixed(self, points: Points, factor: int) -> NDArray[np.int32]:
        # A pixel centre at p lies at factor * (p + 0.5) - 0.5 of the finer grid.
        fine = (points + 0.5) * factor - 0.5
        return np.round(np.clip(fine, -3e4, 3e4) * 2**_SHIFT).astype(np.int32)

    def _next_piece(self) -> int:
        self._drawn += 1
        return 1 + self._drawn % _PIECES

    def lines(self, curves: Points, width: float, value: int = 255) -> None:
        """Draw N x K x 2 curves of one width; every ninth belongs to the same piece."""
        self._draw(curves, width, value)
        self._number(curves, width)

    def _draw(self, curves: Points, width: float, value: int) -> None:
        thickness = max(round(width * self.factor), 1)
        if len(curves):
            fixed = list(self._fixed(curves, self.factor))
            cv2.polylines(self.pixels, fixed, False, value, thickness, cv2.LINE_AA, _SHIFT)

    def _number(self, curves: Points, width: float) -> None:
        for first in range(min(_PIECES_PER_CALL, len(curves))):
            fixed = list(self._fixed(curves[first::_PIECES_PER_CALL], 1))
            thickness, piece = round(width) + 1, self._next_piece()
            cv2.polylines(self.pieces, fixed, False, piece, thickness, cv2.LINE_8, _SHIFT)

    def fill(self, outline: Points, value: int = 255, piece: bool = False) -> None:
        """Fill one K x 2 outline, as a piece of its own or as part of what belongs to none."""
        cv2.fillPoly(self.pixels, [self._fixed(outline, self.factor)], value, cv2.LINE_AA, _SHIFT)
        number = self._next_piece() if piece else 0
        cv2.fillPoly(self.pieces, [self._fixed(outline, 1)], number, cv2.LINE_8, _SHIFT)

    def fill_convex(self, outlines: Points, value: int = 255) -> None:
        """Fill N x K x 2 convex outlines, each a piece, over those before."""
        for fine, coarse in zip(
            self._fixed(outlines, self.factor), self._fixed(outlines, 1), strict=True
        ):
            cv2.fillConvexPoly(self.pixels, fine, value, cv2.LINE_AA, _SHIFT)
            cv2.fillConvexPoly(self.pieces, coarse, self._next_piece(), cv2.LINE_8, _SHIFT)

    def strands(self, curves: Points, widths: NDArray[np.float64], value: int = 255) -> None:
        """Draw N x K x 2 curves that taper to a point; ``widths`` (N) are those of the roots."""
        count = curves.shape[1]
        for low, high in ((0.0, 1.0), (1.0, 1.75), (1.75, 99.0)):
            group = (widths >= low) & (widths < high)
            if not group.any():
                continue
            chosen, width = curves[group], float(widths[group].mean())
            self._number(chosen, width)
            steps = 1 if width * self.factor < 1.5 else (2 if width < 2 else 3)
            self._draw(chosen, width / (steps + 0.5), value)
            for step in range(1, steps + 1):
                end = max(round(count * (1 - step / (steps + 1))), 2)
                self._draw(chosen[:, :end], width * (step + 0.5) / (steps + 0.5), value)

    def alpha(self) -> Alpha:
        """Shrink to size x size float32 in [0, 1]."""
        size = (self.size, self.size)
        small = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
        return small.astype(np.float32) / np.float32(255)


def smooth_outline(
    rng: np.random.Generator, radius: float, bumps: float = 0.25, count: int = 128
) -> Points:
    """Draw a closed outline (count x 2) around the origin: an ellipse with a few soft bumps."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    order = np.arange(2, 8)[:, None]
    size = rng.normal(0, bumps, (6, 1)) / order
    wave = (size * np.cos(order * turn + rng.uniform(0, 2 * np.pi, (6, 1)))).sum(axis=0)
    reach = radius * np.maximum(1 + wave, 0.3)
    flat = float(rng.uniform(0.55, 1.0))
    points = np.stack([reach * np.cos(turn), flat * reach * np.sin(turn)], axis=1)
    angle = float(rng.uniform(0, 2 * np.pi))
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ rotation)


def body_outline(
    rng: np.random.Generator, size: int, smallest: float = 0.25, largest: float = 1.4
) -> Points:
    """Draw an outline whose edge runs through the middle of the scene; radius in shares of it."""
    radius = size * log_uniform(rng, smallest, largest)
    outline = smooth_outline(rng, radius)
    anchor = outline[int(rng.integers(len(outline)))]
    return outline - anchor + size * rng.uniform(0.3, 0.7, 2)


def outline_normals(outline: Points) -> Points:
    """Return the unit normals (K x 2) of a closed outline, pointing outwards."""
    tangent = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    outwards = np.sign(((outline - outline.mean(axis=0)) * normal).sum())
    return normal * (outwards or 1.0)


def visible_roots(
    rng: np.random.Generator, outline: Points, size: int, count: int, margin: float = 0.15
) -> tuple[Points, Points]:
    """Draw ``count`` points of an outline in or near the scene, with their normals (count x 2)."""
    normals = outline_normals(outline)
    inside = ((outline > -margin * size) & (outline < (1 + margin) * size)).all(axis=1)
    candidates = np.flatnonzero(inside) if inside.any() else np.arange(len(outline))
    first = rng.choice(candidates, count)
    second = (first + 1) % len(outline)
    share = rng.random((count, 1))
    return outline[first] * (1 - share) + outline[second] * share, normals[first]


def grow_curves(
    roots: Points,
    angles: NDArray[np.float64],
    lengths: NDArray[np.float64],
    curvature: NDArray[np.float64],
    wave: NDArray[np.float64] | float = 0.0,
    phase: NDArray[np.float64] | float = 0.0,
    cycles: NDArray[np.float64] | float = 1.0,
    count: int = 12,
) -> Points:
    """Grow curves (N x count x 2) from ``roots``: the direction turns steadily and waves.

    ``angles``, ``curvature`` (total turn) and ``wave`` are radians; each is given per curve.
    """
    along = np.linspace(0, 1, count)[None]
    column = [np.reshape(value, (-1, 1)) for value in (curvature, wave, phase, cycles)]
    turn, swing, start, often = column
    heading = angles[:, None] + turn * along + swing * np.sin(2 * np.pi * often * along + start)
    step = lengths[:, None] / (count - 1)
    moves = np.stack([step * np.cos(heading), step * np.sin(heading)], axis=2)
    moves[:, 0] = 0
    return roots[:, None] + np.cumsum(moves, axis=1)


def join(first: Alpha, second: Alpha) -> Alpha:
    """Return the alpha of two foregrounds that cover independently: 1 - (1 - a)(1 - b)."""
    return (1 - (1 - first) * (1 - second)).astype(np.float32)


def random_body(rng: np.random.Generator, size: int, softness: float = 1.2) -> Alpha:
    """Draw a solid body with an edge blurred by up to ``softness`` pixels (sigma)."""
    canvas = Canvas(size)
    canvas.fill(body_outline(rng, size))
    alpha = soft_blur(canvas.alpha(), float(rng.uniform(0.2, softness)))
    return np.clip(alpha, 0, 1).astype(np.float32)


def lens_blur(
    rng: np.random.Generator, alpha: Alpha, strong_share: float = 0.12, strongest: float = 5.0
) -> Alpha:
    """Blur as a lens does: mostly a fraction of a pixel, now and then clearly out of focus."""
    strong = rng.random() < strong_share
    sigma = float(rng.uniform(1.2, strongest) if strong else rng.uniform(0.0, 0.9))
    if strong and rng.random() < 0.5:
        alpha = defocus(alpha, 2 * sigma)  # a disc of radius r deviates by r / 2
        sigma = 0.4
    return np.clip(soft_blur(alpha, sigma), 0, 1).astype(np.float32)
