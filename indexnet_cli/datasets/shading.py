"""Light on drawn mattes: round threads, shine, rims lit from behind, glass that bends it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.noise import fractal_noise, soft_blur

Pixels = NDArray[np.uint8]


def shade_by_structure(
    rng: np.random.Generator, colours: Pixels, alpha: NDArray[np.float32], behind: Pixels
) -> Pixels:
    """Let a drawn foreground's colours (HxWx3) follow its alpha (HxW), as light does.

    Textures that know nothing of the matte would teach that a thread's colour never changes from
    its middle to its edge, and that a rim looks like the solid parts beside it. In photographs
    wires and leaves are rounded, halos are lit from behind, and fine strands take on some of the
    colour ``behind`` them (HxWx3).
    """
    width = log_uniform(rng, 0.6, 12)
    depth = soft_blur(alpha, width)[..., None]  # 0 outside, 1 deep inside
    contrast = float(np.clip(rng.normal(0, 0.45), -0.9, 0.9))
    shaded = (colours * (1 + contrast * (2 * depth - 1))).astype(np.float32)
    if rng.random() < 0.5:
        shaded = _lit_from_a_side(rng, shaded, depth[..., 0], width)
    if rng.random() < 0.4:
        spill = float(rng.uniform(0, 0.45)) * (1 - depth)
        shaded += (spill * (soft_blur(behind, 3 * width) - shaded)).astype(np.float32)
    return np.clip(shaded, 0, 255).astype(np.uint8)


def _lit_from_a_side(
    rng: np.random.Generator,
    colours: NDArray[np.float32],
    depth: NDArray[np.float32],
    width: float,
) -> NDArray[np.float32]:
    """Brighten what faces the light and darken what turns away, with a highlight where it shines.

    ``depth`` (HxW) is taken for the height of a surface that falls off over ``width`` pixels.
    """
    angle = float(rng.uniform(0, 2 * np.pi))
    slope = np.cos(angle) * cv2.Sobel(depth, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(
        depth, cv2.CV_32F, 0, 1
    )
    facing = np.clip(slope * np.float32(0.3 * width), -1, 1)[..., None]
    lit = colours * (1 + np.float32(rng.uniform(0.2, 0.9)) * facing)
    if rng.random() < 0.4:
        shine = np.clip(facing - np.float32(rng.uniform(0.2, 0.5)), 0, None)
        lit = lit + np.float32(rng.uniform(100, 500)) * shine
    return np.asarray(lit, np.float32)


def refract(
    rng: np.random.Generator, colours: Pixels, alpha: NDArray[np.float32], behind: Pixels
) -> Pixels:
    """Colour thick glass (HxHx3): what is ``behind``, bent and tinted, with light of its own.

    Where ``alpha`` (HxH) is solid, ``colours`` stay.
    """
    size = alpha.shape[0]
    bend = size * float(rng.uniform(0.02, 0.2))
    axis = np.arange(size, dtype=np.float32)
    x = axis[None] + bend * fractal_noise(rng, size, int(rng.integers(2, 6)), 2)
    y = axis[:, None] + bend * fractal_noise(rng, size, int(rng.integers(2, 6)), 2)
    bent = cv2.remap(behind, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    tint = rng.uniform(0.5, 1.1, 3).astype(np.float32)
    light = np.float32(rng.uniform(0, 90)) * np.clip(fractal_noise(rng, size, 3, 3), 0, 3)
    glass = bent * tint + light[..., None]
    solid = np.clip(5 * alpha - 4, 0, 1)[..., None]
    return np.clip(glass + solid * (colours - glass), 0, 255).astype(np.uint8)
