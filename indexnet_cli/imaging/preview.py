"""Pictures for people to look at: trimap overlays and strips of panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.compositing import checkerboard, composite
from indexnet_cli.imaging.trimaps import BACKGROUND, UNKNOWN

# Unknown in amber, background in a dim blue; the foreground keeps its colours.
_AMBER, _BLUE = np.array([255, 170, 0]), np.array([20, 40, 110])
_TINT = 0.6
PANEL_HEIGHT, GAP = 480, 6


def overlay(pixels: NDArray[Any], trimap: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Tint a picture (HxWx3 uint8 or uint16) by its trimap: HxWx3 uint8."""
    tinted = to_8_bits(pixels).astype(np.float32)
    for level, colour in ((UNKNOWN, _AMBER), (BACKGROUND, _BLUE)):
        there = trimap == level
        tinted[there] = (1 - _TINT) * tinted[there] + _TINT * colour
    return np.rint(tinted).astype(np.uint8)


def preview_strip(
    pixels: NDArray[Any],
    trimap: NDArray[np.uint8] | None,
    alpha: NDArray[np.float32],
    foreground: NDArray[np.float32],
    height: int = PANEL_HEIGHT,
) -> NDArray[np.uint8]:
    """Image, trimap (if there is one), matte and cut-out on a checkerboard, side by side.

    pixels is HxWx3 uint8 or uint16, trimap HxW uint8, alpha HxW and foreground HxWx3 in [0, 1].
    Panels are ``height`` pixels high, or as high as the picture where that is less.
    """
    # Reduced first: everything after costs as much as the panel, not the picture.
    pixels = _reduce(to_8_bits(pixels), height)
    grey = _reduce(np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8), height)
    colours = _reduce(np.rint(np.clip(foreground, 0, 1) * 255).astype(np.uint8), height)
    rows, columns = grey.shape
    board = checkerboard(rows, columns, cell=max(rows // 40, 4))
    panels = [pixels]
    if trimap is not None:
        panels.append(_three_channels(_reduce(trimap, height)))
    panels += [_three_channels(grey), composite(colours, board, grey / np.float32(255))]
    return join_panels(panels)


def join_panels(panels: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Panels of one height beside each other, with a white gap between."""
    gap = np.full((panels[0].shape[0], GAP, 3), 255, np.uint8)
    spaced = [part for panel in panels for part in (gap, panel)]
    return np.concatenate(spaced[1:], axis=1)


def to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 as it is, uint16 rounded to 8 bits."""
    if pixels.dtype == np.uint8:
        return pixels
    return np.rint(pixels.astype(np.float32) / np.float32(257)).astype(np.uint8)


def _reduce(pixels: NDArray[Any], height: int) -> NDArray[Any]:
    import cv2

    rows, columns = pixels.shape[:2]
    if rows <= height:
        return pixels
    size = (max(round(columns * height / rows), 1), height)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _three_channels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
