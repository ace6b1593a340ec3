"""What a network is fed for one picture, made region by region as it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.engine.alignment import Align, prepare, round_up
from indexnet_cli.engine.normalisation import network_input
from indexnet_cli.engine.regions import Region
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.models.registry import ModelSpec

KNOWN_MARGIN = 0.5 / 255  # resampled trimaps have values between the three; they count as unknown


@dataclass(frozen=True)
class NetworkInput:
    """``window`` gives 1 x 4 x h x w float32 for a region of a picture of ``size``.

    ``size``: height and width that the network takes; ``unknown``: H x W, which pixels need an
    alpha.
    """

    size: tuple[int, int]
    unknown: NDArray[np.bool_]
    window: Callable[[Region], Tensor]


def picture_input(
    image: NDArray[np.generic], trimap: NDArray[np.uint8], spec: ModelSpec, how: Align
) -> NetworkInput:
    """Aligned as ``how`` says; a padded picture is normalised a region at a time.

    ``image`` H x W x 3 uint8, uint16 or floating in [0, 1]; ``trimap`` H x W of 0, 128, 255.
    """
    if how == "pad":
        return _padded_input(image, trimap, spec)
    planes = prepare(image, trimap, spec, how)
    return tensor_input(torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)))[None])


def _padded_input(
    image: NDArray[np.generic], trimap: NDArray[np.uint8], spec: ModelSpec
) -> NetworkInput:
    height, width = trimap.shape
    size = tuple(round_up(length, spec.stride, spec.stride_offset) for length in trimap.shape)
    unknown = np.zeros(size, np.bool_)
    unknown[:height, :width] = trimap == UNKNOWN

    def window(region: Region) -> Tensor:
        # Rows and columns beyond the picture repeat its last, or are zero where that is published.
        rows = np.minimum(np.arange(region.top, region.bottom), height - 1)
        columns = np.minimum(np.arange(region.left, region.right), width - 1)
        inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        planes = network_input(image[inside], trimap[inside], spec)
        if planes.shape[:2] != region.size:
            planes = planes[rows - rows[0]][:, columns - columns[0]]
            if spec.published.sizing == "pad-zero":
                planes[max(height - region.top, 0) :] = 0
                planes[:, max(width - region.left, 0) :] = 0
        return torch.from_numpy(planes)[None].permute(0, 3, 1, 2)

    return NetworkInput((size[0], size[1]), unknown, window)


def tensor_input(x: Tensor) -> NetworkInput:
    """``x``, 1 x 4 x H x W: normalised colours, and the trimap in [0, 1]; of an aligned size."""
    trimap = x[0, 3]
    unknown = ((trimap > KNOWN_MARGIN) & (trimap < 1 - KNOWN_MARGIN)).cpu().numpy()
    height, width = trimap.shape
    return NetworkInput((height, width), unknown, lambda region: x[(..., *region.slices)])
