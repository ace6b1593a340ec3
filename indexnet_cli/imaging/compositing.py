"""Foreground colours, cut-outs and composites."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Blur sizes of the two passes, in pixels: the first carries colours far into wide unknown regions,
# the second restores local ones (Forte 2021, section 3).
_FIRST_SIZE, _SECOND_SIZE = 90, 6


def composite(
    foreground: NDArray[Any], background: NDArray[Any], alpha: NDArray[Any]
) -> NDArray[Any]:
    """Put a foreground over a background: alpha F + (1 - alpha) B.

    foreground is HxWx3 uint8, uint16 or float in [0, 1], background likewise or one colour (3,),
    alpha HxW in [0, 1]. The result has the type and shape of foreground; integers are rounded.
    Raises ValueError when the sizes differ.
    """
    front, back = _to_float(foreground), _to_float(background)
    if front.shape[:2] != alpha.shape or back.shape not in (front.shape, front.shape[2:]):
        raise ValueError(
            f"sizes differ: foreground {foreground.shape}, background {background.shape}, "
            f"alpha {alpha.shape}"
        )
    weight = np.clip(alpha, 0.0, 1.0).astype(np.float32)[:, :, np.newaxis]
    return _from_float(weight * front + (1 - weight) * back, foreground.dtype)


def checkerboard(height: int, width: int, cell: int = 16) -> NDArray[np.uint8]:
    """Grey checkerboard HxWx3 uint8, light (255) and dark (204) squares of ``cell`` pixels."""
    rows, columns = np.arange(height) // cell, np.arange(width) // cell
    dark = (rows[:, np.newaxis] + columns) % 2
    grey = np.where(dark, 204, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def cutout(
    image: NDArray[Any], alpha: NDArray[Any], foreground: NDArray[Any] | None = None
) -> NDArray[np.uint8]:
    """Cut a foreground out: HxWx4 uint8 with straight (not premultiplied) colours.

    image is HxWx3, alpha HxW in [0, 1]. Colours are ``foreground`` (HxWx3) or are estimated, so
    that no rim of the old background stays at soft edges.
    """
    colours = estimate_foreground(image, alpha) if foreground is None else _to_float(foreground)
    straight = np.dstack([colours, np.clip(alpha, 0.0, 1.0).astype(np.float32)])
    result: NDArray[np.uint8] = _from_float(straight, np.dtype(np.uint8))
    return result


def estimate_foreground(image: NDArray[Any], alpha: NDArray[Any]) -> NDArray[np.float32]:
    """Estimate what the foreground's colours were before it was mixed with the background.

    image is HxWx3 uint8, uint16 or float in [0, 1], alpha HxW in [0, 1]. Returns HxWx3 float32 in
    [0, 1]; where alpha is 1 it is the image. Two passes of blur fusion: M. Forte, "Approximate Fast
    Foreground Colour Estimation", ICIP 2021. Raises ValueError when the sizes differ.
    """
    observed = _to_float(image)
    if observed.ndim != 3 or observed.shape[:2] != alpha.shape:
        raise ValueError(f"sizes differ: image {image.shape}, alpha {alpha.shape}")
    weight = np.clip(alpha, 0.0, 1.0).astype(np.float32)[:, :, np.newaxis]
    front, back = _fuse(observed, observed, observed, weight, _FIRST_SIZE)
    front, _ = _fuse(observed, front, back, weight, _SECOND_SIZE)
    return np.where(weight >= 1.0, observed, front)


def _fuse(
    observed: NDArray[np.float32],
    front: NDArray[np.float32],
    back: NDArray[np.float32],
    weight: NDArray[np.float32],
    size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One pass: smooth both layers by their weights, then give the residual to the foreground.

    F^ = blur(a F) / blur(a),  B^ = blur((1 - a) B) / blur(1 - a)
    F  = F^ + a (I - a F^ - (1 - a) B^)
    """
    front = _weighted_blur(front, weight, size)
    back = _weighted_blur(back, 1 - weight, size)
    front = front + weight * (observed - weight * front - (1 - weight) * back)
    return np.clip(front, 0.0, 1.0), back


def _weighted_blur(
    layer: NDArray[np.float32], weight: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    import cv2

    total = cv2.blur(weight, (size, size))[:, :, np.newaxis]
    blurred: NDArray[np.float32] = cv2.blur(layer * weight, (size, size)) / (total + 1e-5)
    return blurred


def _to_float(pixels: NDArray[Any]) -> NDArray[np.float32]:
    pixels = np.asarray(pixels)
    if pixels.dtype.kind in "ui":
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return pixels.astype(np.float32)


def _from_float(pixels: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind in "ui":
        white = np.iinfo(dtype).max
        return np.rint(np.clip(pixels, 0.0, 1.0) * np.float32(white)).astype(dtype)
    return pixels.astype(dtype)
