"""Hard shapes: text, polygons, rings and bars with antialiased edges."""

from __future__ import annotations

import cv2
import numpy as np

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.mattes.drawing import Canvas, Matte
from indexnet_cli.datasets.noise import soft_blur

_LETTERS = np.array(list("ABCDEFGHKLMNOPRSTUVWXYZabcdefghkmnopqrstuvwxyz0123456789&?!%"))
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def draw(rng: np.random.Generator, size: int) -> Matte:
    """Draw a matte of text and hard shapes."""
    canvas = Canvas(size)
    for _ in range(int(rng.integers(1, 5))):
        (_polygon, _ring, _bar)[int(rng.integers(3))](rng, canvas)
    if rng.random() < 0.6:
        _text(rng, canvas)
    alpha = soft_blur(canvas.alpha(), float(rng.uniform(0, 1.1)))
    return Matte(np.clip(alpha, 0, 1).astype(np.float32), pieces=canvas.pieces)


def _value(rng: np.random.Generator) -> int:
    return 255 if rng.random() < 0.75 else 0


def _polygon(rng: np.random.Generator, canvas: Canvas) -> None:
    corners = int(rng.integers(3, 9))
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = canvas.size * rng.uniform(0.08, 0.6, corners)
    outline = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)
    canvas.fill(outline + canvas.size * rng.uniform(0.1, 0.9, 2), _value(rng), piece=True)


def _ring(rng: np.random.Generator, canvas: Canvas) -> None:
    turn = np.linspace(0, 2 * np.pi, 60)
    radius = canvas.size * rng.uniform(0.05, 0.4, 2)
    ring = np.stack([radius[0] * np.cos(turn), radius[1] * np.sin(turn)], axis=1)
    ring = ring + canvas.size * rng.uniform(0.1, 0.9, 2)
    canvas.lines(ring[None], log_uniform(rng, 0.7, 25), _value(rng))


def _bar(rng: np.random.Generator, canvas: Canvas) -> None:
    count = int(rng.integers(1, 8))
    ends = canvas.size * rng.uniform(-0.2, 1.2, (count, 2, 2))
    canvas.lines(ends, log_uniform(rng, 0.6, 30), _value(rng))


def _text(rng: np.random.Generator, canvas: Canvas) -> None:
    layer = np.zeros_like(canvas.pixels)
    side = layer.shape[0]
    scale = log_uniform(rng, 0.02, 0.12) * side / 16
    thickness = max(1, round(scale * float(rng.uniform(1, 6))))
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    for line in range(int(rng.integers(1, 4))):
        text = "".join(rng.choice(_LETTERS, int(rng.integers(2, 10))))
        start = (int(rng.uniform(0, 0.3) * side), int(0.3 * side + line * scale * 34))
        cv2.putText(layer, text, start, font, scale, 255, thickness, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), float(rng.uniform(-40, 40)), 1.0)
    layer = np.asarray(cv2.warpAffine(layer, turn, (side, side)), np.uint8)
    if rng.random() < 0.7:
        canvas.pixels = np.maximum(canvas.pixels, layer)
    else:  # letters cut out of the shapes
        canvas.pixels = np.minimum(canvas.pixels, 255 - layer)
