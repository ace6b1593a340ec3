"""What cameras and files do to a picture: exposure, blur, noise, resampling, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.noise import normal_window


def photometric_table(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a 256x1x3 float32 table from 8-bit colour to [0, 1]: gamma, exposure, white balance.

    Foreground and background pass through the same table, so that the composition still holds.
    """
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None, None]
    if rng.random() < 0.5:
        return np.repeat(levels, 3, axis=2)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    gain = float(np.exp(rng.normal(0, 0.15))) * np.exp(rng.normal(0, 0.05, 3))
    lift = float(rng.normal(0, 0.02))
    return np.clip(levels**gamma * gain.astype(np.float32) + lift, 0, 1).astype(np.float32)


def apply_table(pixels: NDArray[np.uint8], table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Look 8-bit colours (HxWx3) up in a photometric table; HxWx3 float32 in [0, 1]."""
    return np.asarray(cv2.LUT(pixels, table), np.float32)


def damage_image(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a damaged copy of an image (HxWx3 float32 in [0, 1]); half stay clean."""
    if rng.random() < 0.5:
        return np.clip(image, 0, 1)
    if rng.random() < 0.15:
        image = _resample(rng, image)
    if rng.random() < 0.3:
        image = _blur_or_sharpen(rng, image)
    if rng.random() < 0.5:
        image = _sensor_noise(rng, image)
    if rng.random() < 0.5:
        image = _jpeg(rng, image)
    return np.clip(image, 0, 1)


def _resample(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    scale = float(rng.uniform(0.6, 0.95))
    small = (max(round(width * scale), 1), max(round(height * scale), 1))
    shrunk = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _blur_or_sharpen(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.0)))
    if rng.random() < 0.5:
        return blurred.astype(np.float32)
    amount = float(rng.uniform(0.2, 0.8))
    return cv2.addWeighted(image, 1 + amount, blurred, -amount, 0).astype(np.float32)


def _sensor_noise(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise that grows with the light, correlated between neighbours as after demosaicing."""
    noise = normal_window(rng, *image.shape[:2])
    sigma = float(rng.uniform(0, 0.9))
    if sigma > 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), sigma) * (1 + 2.5 * (sigma - 0.3))
    read, shot = float(rng.uniform(0, 0.012)), float(rng.uniform(0, 0.03))
    return np.clip(image + noise * (read + shot * image), 0, 1)


def _jpeg(rng: np.random.Generator, image: NDArray[np.float32]) -> NDArray[np.float32]:
    pixels = cv2.convertScaleAbs(np.clip(image, 0, 1), alpha=255)
    quality = int(98 - 48 * rng.random() ** 2)  # a camera's mostly, at times a messenger's
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.float32) / np.float32(255)
