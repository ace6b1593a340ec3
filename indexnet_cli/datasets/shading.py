"""Light on drawn mattes: threads that are round, rims lit from behind, colour of what is behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.noise import soft_blur

Pixels = NDArray[np.uint8]


def shade_by_structure(
    rng: np.random.Generator, colours: Pixels, alpha: NDArray[np.float32], behind: Pixels
) -> Pixels:
    """Let a drawn foreground's colours (HxWx3) follow its alpha (HxW), as light does; or not.

    Textures that know nothing of the matte would teach that a thread's colour never changes from
    its middle to its edge, and that a rim looks like the solid parts beside it. In photographs
    wires and leaves are rounded, halos are lit from behind, and fine strands take on some of the
    colour ``behind`` them (HxWx3).
    """
    if rng.random() < 0.5:
        return colours
    width = float(np.exp(rng.uniform(np.log(0.6), np.log(12))))
    depth = soft_blur(alpha, width)[..., None]  # 0 outside, 1 deep inside
    contrast = float(rng.uniform(-0.45, 0.45))
    shaded = colours * (1 + contrast * (2 * depth - 1))
    if rng.random() < 0.4:
        spill = float(rng.uniform(0, 0.45)) * (1 - depth)
        shaded = shaded + spill * (soft_blur(behind, 3 * width) - shaded)
    return np.clip(shaded, 0, 255).astype(np.uint8)
