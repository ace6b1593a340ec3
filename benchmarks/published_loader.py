"""How the published trainer of IndexNet loads a sample, for comparison: everything at full size.

Written from a description of its steps: whole compositions read with Pillow, the trimap by SciPy's
exact distance transform, all planes joined; only then a crop.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt


@dataclass(frozen=True)
class Row:
    """A line of the list: composition, alpha, foreground, photograph."""

    merged: Path
    alpha: Path
    foreground: Path
    background: Path


@dataclass(frozen=True)
class Loaded:
    """image and planes CROP x CROP x 4 and 11, float32; and what was drawn for it."""

    image: np.ndarray
    planes: np.ndarray
    size: int
    top: int
    left: int


def load_published(row: Row, rng: np.random.Generator, crop: int = 320) -> Loaded:
    """One sample, up to but without the normalisation."""
    merged = np.asarray(Image.open(row.merged).convert("RGB"))
    front = np.asarray(Image.open(row.foreground).convert("RGB"))
    behind = np.asarray(Image.open(row.background).convert("RGB"))
    alpha = np.asarray(Image.open(row.alpha).convert("L")).astype(np.float32)
    height, width = front.shape[:2]
    ratio = max(height / behind.shape[0], width / behind.shape[1])
    size = (ceil(behind.shape[1] * ratio), ceil(behind.shape[0] * ratio))
    behind = cv2.resize(behind, size, interpolation=cv2.INTER_CUBIC)[:height, :width]
    fractional = (alpha > 0) & (alpha < 255)
    unknown = distance_transform_edt(~fractional) <= rng.integers(1, 20)
    trimap = np.where(alpha == 255, 255, 0).astype(np.float32)
    trimap[unknown] = 128
    image = np.concatenate([merged, trimap[..., None]], axis=2).astype(np.float32)
    planes = np.concatenate(
        [alpha[..., None], unknown[..., None], front, behind, merged], axis=2
    ).astype(np.float32)
    top, left, side = _window(unknown, rng, crop)
    image = image[top : top + side, left : left + side]
    planes = planes[top : top + side, left : left + side]
    if side != crop:
        image, planes = _resized(image, crop, 3), _resized(planes, crop, 1)
    if rng.random() < 0.5:
        image, planes = image[:, ::-1], planes[:, ::-1]
    scale = np.float32(1 / 255)
    return Loaded(image * scale, planes * scale, side, top, left)


def _window(unknown: np.ndarray, rng: np.random.Generator, crop: int) -> tuple[int, int, int]:
    height, width = unknown.shape
    sizes = [s for s in (crop, int(1.5 * crop), 2 * crop) if s < min(height, width)]
    side = sizes[rng.integers(len(sizes))]
    half = ceil(side / 2)
    rows, columns = np.nonzero(unknown)
    inside = (
        (rows >= half) & (rows <= height - half) & (columns >= half) & (columns <= width - half)
    )
    if inside.any():
        rows, columns = rows[inside], columns[inside]
    choice = rng.integers(len(rows))
    top, left = max(rows[choice] - half, 0), max(columns[choice] - half, 0)
    return int(min(top, height - side)), int(min(left, width - side)), side


def _resized(planes: np.ndarray, crop: int, nearest: int) -> np.ndarray:
    """Cubic, but the plane of the trimap or mask by the nearest pixel."""
    resized = np.stack(
        [
            cv2.resize(
                np.ascontiguousarray(planes[..., channel]),
                (crop, crop),
                interpolation=cv2.INTER_NEAREST if channel == nearest else cv2.INTER_CUBIC,
            )
            for channel in range(planes.shape[2])
        ],
        axis=2,
    )
    return resized
