"""Textures of materials: cloth and skin, strands, prints."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.noise import fractal_noise, normal_window

Pixels = NDArray[np.uint8]


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


def printed_texture(rng: np.random.Generator, size: int) -> Pixels:
    """Print a few plain inks side by side: flags, checked cloth, labels; size x size x 3 uint8.

    Its edges are as strong as an object's outline and mean nothing for the matte.
    """
    inks = plain_inks(rng, int(rng.integers(2, 6)))
    sheet = (_stripes if rng.random() < 0.5 else _patches)(rng, size, inks)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(rng.uniform(0, 360)), 1.0)
    method, border = cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101
    turned = cv2.warpAffine(sheet, turn, (size, size), flags=method, borderMode=border)
    folds = 1 + float(rng.uniform(0, 0.25)) * fractal_noise(rng, size, int(rng.integers(1, 5)), 3)
    return np.clip(turned * folds[..., None], 0, 255).astype(np.uint8)


def plain_inks(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Draw colours that have nothing to do with each other; count x 3 float32, 0..255."""
    strength = rng.uniform(0.1, 1.0, (count, 1))
    hue = rng.uniform(0, 1, (count, 3))
    return (255 * strength * hue / hue.max(axis=1, keepdims=True)).astype(np.float32)


def _stripes(rng: np.random.Generator, size: int, inks: NDArray[np.float32]) -> Pixels:
    """Stripes one way, or both ways: checks."""
    position = np.arange(size)
    period = log_uniform(rng, 3, size / 3)
    band = (position / period).astype(int)
    across = band[:, None] * int(rng.integers(0, 2))
    return inks[(across + band) % len(inks)].astype(np.uint8)


def _patches(rng: np.random.Generator, size: int, inks: NDArray[np.float32]) -> Pixels:
    """Discs, stars and polygons on a ground."""
    sheet = np.full((size, size, 3), inks[0], np.float32)
    radius = size * log_uniform(rng, 0.02, 0.5)
    for _ in range(int(np.clip(rng.uniform(0.2, 2) * (size / radius) ** 2 / 8, 2, 60))):
        corners = int(rng.choice([3, 4, 5, 10, 24]))
        turn = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 6)
        reach = (
            radius * rng.uniform(0.5, 1.5) * (1 - 0.5 * (np.arange(corners) % 2) * (corners == 10))
        )
        outline = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)
        fixed = np.round((outline + rng.uniform(0, size, 2)) * 16).astype(np.int32)
        ink = inks[int(rng.integers(1, len(inks)))]
        cv2.fillPoly(sheet, [fixed], ink.tolist(), cv2.LINE_AA, 4)
    return sheet.astype(np.uint8)


def add_grain(rng: np.random.Generator, colours: Pixels) -> Pixels:
    """Roughen a surface (HxWx3 uint8): weave, bark, coats seen from near."""
    height, width = colours.shape[:2]
    grain = normal_window(rng, height, width)[..., :1]
    fine = cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.4, 1.6)))[..., None]
    strength = float(rng.uniform(0.05, 0.3)) / max(float(fine.std()), 1e-3)
    return np.clip(colours * (1 + strength * fine), 0, 255).astype(np.uint8)
