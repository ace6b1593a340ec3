"""What training reads: one picture with everything that a loss may need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """A composition, or a photograph, with its truth.

    ``image``, ``foreground`` and ``background`` are HxWx3 float32 sRGB in [0, 1] (cubic resizing of
    a published recipe may overshoot by a little). ``foreground`` and ``background`` are None where
    nobody knows them (photographs with an alpha, saliency masks): no composition loss then.
    ``trimap`` is HxW uint8 (0, 128, 255; with the AimNet recipes greys between, which are neither
    known nor 128), ``alpha`` HxW float32 in [0, 1], ``kind`` the kind of matte or data set.
    """

    image: NDArray[np.float32]
    trimap: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32] | None
    background: NDArray[np.float32] | None
    kind: str
