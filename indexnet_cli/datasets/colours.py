"""Colours for foregrounds and backgrounds: photograph crops, gradients, streaks, textures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.noise import fractal_noise, soft_blur
from indexnet_cli.datasets.pack import PackPart

Pixels = NDArray[np.uint8]


def photograph_crop(rng: np.random.Generator, photograph: Pixels, size: int) -> Pixels:
    """Cut a random square of a photograph at a random scale (up to 3x), size x size x 3 uint8."""
    height, width = photograph.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(0.7), np.log(3.0))))
    side = max(min(round(size / scale), height, width), 2)
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    window = photograph[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    crop = cv2.resize(window, (size, size), interpolation=method)
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def random_palette(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Draw colours (count x 3, 0..255), related to each other as on one material."""
    base = rng.uniform(0, 1, 3) if rng.random() < 0.3 else np.array([0.55, 0.42, 0.32])
    base = base * rng.uniform(0.15, 1.6)
    palette = base * np.exp(rng.normal(0, 0.45, (count, 1))) + rng.normal(0, 0.05, (count, 3))
    return (255 * np.clip(palette, 0, 1)).astype(np.float32)


def _paint(field: NDArray[np.float32], palette: NDArray[np.float32]) -> Pixels:
    """Map a field (deviation about 1) onto a palette, linearly between neighbouring colours."""
    stops = np.linspace(0, 255, len(palette))
    table = np.stack([np.interp(np.arange(256), stops, palette[:, c]) for c in range(3)], axis=-1)
    levels = np.clip(128 + 55 * field, 0, 255).astype(np.uint8)
    return table.astype(np.uint8)[levels]


def smooth_texture(rng: np.random.Generator, size: int) -> Pixels:
    """Paint fractal noise with a palette: cloth, skin, walls; size x size x 3 uint8."""
    octaves = int(rng.integers(1, 7))
    field = fractal_noise(rng, size, int(rng.integers(1, 6)), octaves, float(rng.uniform(0.4, 0.8)))
    palette = random_palette(rng, int(rng.integers(2, 5)))
    return _paint(field * float(rng.uniform(0.2, 1.2)), palette)


def streak_texture(rng: np.random.Generator, size: int) -> Pixels:
    """Paint long streaks in one direction, as neighbouring strands of hair differ."""
    across, along = int(rng.integers(size // 6, size)), int(rng.integers(2, 7))
    grid = rng.standard_normal((across, along)).astype(np.float32)
    wide = cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    bend = 0.025 * size * fractal_noise(rng, size, 1, 2)
    angle = float(rng.uniform(0, 2 * np.pi))
    axis = np.arange(size, dtype=np.float32) - size / 2
    x = np.cos(angle) * axis[None] - np.sin(angle) * axis[:, None] + size / 2
    y = np.sin(angle) * axis[None] + np.cos(angle) * axis[:, None] + size / 2 + bend
    field = cv2.remap(
        wide,
        x.astype(np.float32),
        y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    field = field + 0.6 * fractal_noise(rng, size, 2, 2)
    palette = random_palette(rng, int(rng.integers(2, 5)))
    return _paint(field * float(rng.uniform(0.3, 1.0)), palette)


def foreground_colours(
    rng: np.random.Generator, part: PackPart, background: Pixels, behind: Pixels, kind: str
) -> Pixels:
    """Choose colours for a drawn matte, of the size of ``background`` (HxHx3 uint8).

    ``behind`` is the photograph of the background: sometimes the foreground comes from it too, or
    has about its colour (camouflage). Hair-like kinds get streaks more often.
    """
    size = background.shape[0]
    choice = rng.random()
    if choice < 0.05:
        return photograph_crop(rng, behind, size)
    if choice < 0.11:
        mean = background.reshape(-1, 3)[:: max(size // 4, 1)].mean(axis=0)
        texture = smooth_texture(rng, size).astype(np.float32)
        mixed = mean + (texture - texture.mean(axis=(0, 1))) * 0.7 + rng.normal(0, 12, 3)
        return np.clip(mixed, 0, 255).astype(np.uint8)
    streaky = kind in ("hair", "fur", "feather")
    if choice < (0.6 if streaky else 0.25):
        return streak_texture(rng, size)
    if choice < (0.7 if streaky else 0.5):
        return smooth_texture(rng, size)
    return photograph_crop(rng, part.photograph(rng), size)


def background_colours(rng: np.random.Generator, photograph: Pixels, size: int) -> Pixels:
    """Make a background of a photograph (HxHx3 uint8): sharp, out of focus, or a plain wall."""
    if rng.random() < 0.08:
        return smooth_texture(rng, size)
    crop = photograph_crop(rng, photograph, size)
    if rng.random() < 0.45:
        crop = soft_blur(crop, float(np.exp(rng.uniform(np.log(0.7), np.log(14)))))
    return np.ascontiguousarray(crop)
