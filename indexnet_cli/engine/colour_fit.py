"""A picture's alpha fitted to its colours, a block at a time, in bounded memory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.engine.blocks import rewrite_unknown
from indexnet_cli.engine.normalisation import SCALES
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.regions import Region
from indexnet_cli.imaging.trimaps import UNKNOWN
from indexnet_cli.models.colour_lines import REACH, fit_colours


def fit_picture(
    image: NDArray[np.generic],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    device: torch.device,
    progress: Progress | None = None,
) -> None:
    """Fit ``alpha`` H x W, in place, where ``trimap`` H x W is unknown; elsewhere it is 0 or 1.

    ``image`` H x W x 3 uint8, uint16 or floating in [0, 1]. Every block sees all that its pixels
    depend on, so that the blocks are those of the whole picture in one piece. A block with what
    lies around it and is needed takes about 100 MB of planes.
    """

    def fit(outer: Region, start: NDArray[np.float32]) -> NDArray[np.float32]:
        return _fit(image[outer.slices], trimap[outer.slices], start, device)

    rewrite_unknown(alpha, trimap, REACH, fit, progress)


@torch.inference_mode()
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
