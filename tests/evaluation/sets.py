"""Small made-up sets of ground truth and mattes on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

HEIGHT, WIDTH = 48, 64


def save(path: Path, levels: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels).save(path)
    return path


def blob(
    seed: int, height: int = HEIGHT, width: int = WIDTH
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Image, trimap and alpha of a soft disc whose size depends on the seed."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    radius = np.hypot(rows - height / 2, columns - width / 2)
    edge = height * rng.uniform(0.2, 0.4)
    alpha = np.clip((edge - radius) / (height * rng.uniform(0.05, 0.2)) + 0.5, 0, 1)
    levels = np.rint(alpha * 255).astype(np.uint8)
    trimap = np.where((levels > 0) & (levels < 255), 128, levels).astype(np.uint8)
    colours = rng.integers(0, 256, (2, 3))
    image = alpha[..., None] * colours[0] + (1 - alpha[..., None]) * colours[1]
    return image.astype(np.uint8), trimap, levels


def wrong(
    levels: NDArray[np.uint8], trimap: NDArray[np.uint8], amount: float, seed: int = 0
) -> Any:
    """A matte that differs from alpha by smooth noise in the unknown region."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.standard_normal(levels.shape), (0, 0), 2) * 255 * amount
    pred = np.clip(levels + noise, 0, 255)
    return np.where(trimap == 128, pred, levels).astype(np.uint8)


def plain_set(root: Path, names: dict[str, float], **size: int) -> tuple[Path, Path]:
    """A set of plain folders, and a folder of mattes with errors of the sizes given by name."""
    for seed, (name, amount) in enumerate(names.items()):
        image, trimap, alpha = blob(seed, **size)
        save(root / "set" / "image" / f"{name}.png", image)
        save(root / "set" / "trimap" / f"{name}.png", trimap)
        save(root / "set" / "alpha" / f"{name}.png", alpha)
        save(root / "mattes" / f"{name}.png", wrong(alpha, trimap, amount, seed))
    return root / "set", root / "mattes"
