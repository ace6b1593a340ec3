"""What a network is fed: colours normalised as in training, and the trimap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.models.registry import ModelSpec

SCALES = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


def network_input(
    image: NDArray[np.generic], trimap: NDArray[np.uint8], spec: ModelSpec
) -> NDArray[np.float32]:
    """H x W x 4 float32: RGB scaled to [0, 1] and normalised by ``spec``, and trimap / 255.

    ``image`` H x W x 3 uint8, uint16 or floating in [0, 1]; ``trimap`` H x W. The order of
    roundings is that of the published code: scaled in float32, normalised in float64.
    """
    planes = np.empty((*trimap.shape, 4), np.float32)
    scale = np.float32(1 / SCALES.get(image.dtype, 1))
    for channel, (mean, std) in enumerate(zip(spec.mean, spec.std, strict=True)):
        colour = image[:, :, channel].astype(np.float32) * scale
        planes[:, :, channel] = (colour.astype(np.float64) - mean) / std
    planes[:, :, 3] = trimap.astype(np.float32) * np.float32(1 / 255)
    return planes
