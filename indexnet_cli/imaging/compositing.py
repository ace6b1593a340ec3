"""Cut-outs and composites."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.foreground import estimate_foreground
from indexnet_cli.imaging.levels import from_float, to_float
from indexnet_cli.imaging.linear_light import from_linear, to_linear

# Colours are kept so far beyond the visible, in pixels, that reducing a cut-out mixes in no black.
_MARGIN = 4


def composite(
    foreground: NDArray[Any],
    background: NDArray[Any],
    alpha: NDArray[Any],
    linear: bool = False,
) -> NDArray[Any]:
    """Put a foreground over a background: alpha F + (1 - alpha) B.

    foreground is HxWx3 uint8, uint16 or float in [0, 1], background likewise or one colour (3,),
    alpha HxW in [0, 1]. The result has the type and shape of foreground; integers are rounded.
    By default the values are mixed as they are stored, as programs do and every matting data set
    is made. ``linear`` mixes light instead (sRGB's curve), as a lens does where a strand covers a
    part of a pixel: bright strands before something dark come out more opaque than their alpha.
    Raises ValueError when the sizes differ.
    """
    front, back = to_float(foreground), to_float(background)
    if front.shape[:2] != alpha.shape or back.shape not in (front.shape, front.shape[2:]):
        raise ValueError(
            f"sizes differ: foreground {foreground.shape}, background {background.shape}, "
            f"alpha {alpha.shape}"
        )
    if linear:
        front, back = to_linear(front), to_linear(back)
    weight = np.clip(alpha, 0.0, 1.0).astype(np.float32)[:, :, np.newaxis]
    mixed = weight * front + (1 - weight) * back
    return from_float(from_linear(mixed) if linear else mixed, foreground.dtype)


def checkerboard(height: int, width: int, cell: int = 16) -> NDArray[np.uint8]:
    """Grey checkerboard HxWx3 uint8, light (255) and dark (204) squares of ``cell`` pixels."""
    rows, columns = np.arange(height) // cell, np.arange(width) // cell
    dark = (rows[:, np.newaxis] + columns) % 2
    grey = np.where(dark, 204, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def cutout(
    image: NDArray[Any], alpha: NDArray[Any], foreground: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Cut a foreground out: HxWx4 with straight (not premultiplied) colours.

    image is HxWx3 uint8, uint16 or float in [0, 1], alpha HxW in [0, 1]; the result is uint16 for
    a uint16 image, else uint8. Colours are ``foreground`` (HxWx3) or are estimated, so that no rim
    of the old background stays at soft edges. Far from anything visible they are black.
    """
    import cv2

    colours = estimate_foreground(image, alpha) if foreground is None else to_float(foreground)
    weight = np.clip(alpha, 0.0, 1.0).astype(np.float32)
    visible = (weight > 0).astype(np.uint8)
    near = cv2.dilate(visible, np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8))
    straight = np.dstack([colours * near[:, :, np.newaxis], weight])
    return from_float(straight, np.uint16 if image.dtype == np.uint16 else np.uint8)
