"""A picture's alpha fitted to its colours, a block at a time, in bounded memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.engine.normalisation import SCALES
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.regions import Region
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.models.colour_lines import REACH, fit_colours

BLOCK = 512  # pixels; with what lies around it and is needed, about 100 MB of planes


@torch.inference_mode()
def fit_picture(
    image: NDArray[np.generic],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    device: torch.device,
    progress: Progress | None = None,
) -> None:
    """Fit ``alpha`` H x W, in place, where ``trimap`` H x W is unknown; elsewhere it is 0 or 1.

    ``image`` H x W x 3 uint8, uint16 or floating in [0, 1]. Every block sees all that its pixels
    depend on, so that the blocks are those of the whole picture in one piece.
    """
    height, width = alpha.shape
    rows = range(0, height, BLOCK)
    above = alpha[:0]  # of this row of blocks, as the network left it
    for number, top in enumerate(rows):
        if progress is not None:
            progress(number, len(rows))
        bottom, last = min(top + BLOCK, height), min(top + BLOCK + REACH, height)
        band = np.concatenate([above, alpha[top:last]])
        first = top - len(above)
        above = band[: bottom - first][-REACH:].copy()
        for left in range(0, width, BLOCK):
            block = _around_unknown(trimap, Region(top, bottom, left, min(left + BLOCK, width)))
            if block is not None:
                outer = block.grow(REACH).clip(height, width)
                start = band[outer.top - first : outer.bottom - first, outer.slices[1]]
                fitted = _fit(image[outer.slices], trimap[outer.slices], start, device)
                alpha[block.slices] = fitted[block.within(outer)]


def _around_unknown(trimap: NDArray[np.uint8], block: Region) -> Region | None:
    """The part of ``block`` that holds its unknown pixels; None where it has none."""
    unknown = trimap[block.slices] == UNKNOWN
    rows, columns = (np.flatnonzero(unknown.any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return Region(
        block.top + int(rows[0]),
        block.top + int(rows[-1]) + 1,
        block.left + int(columns[0]),
        block.left + int(columns[-1]) + 1,
    )


def _fit(
    image: NDArray[np.generic],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    device: torch.device,
) -> NDArray[np.float32]:
    def on_device(planes: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(planes, np.float32)).to(device)

    colours = on_device(image).permute(2, 0, 1).contiguous() / SCALES.get(image.dtype, 1)
    fitted = fit_colours(
        on_device(alpha)[None, None], colours[None], on_device(trimap == UNKNOWN)[None, None]
    )
    return fitted[0, 0].cpu().numpy()
