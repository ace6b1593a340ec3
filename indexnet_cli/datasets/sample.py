"""What the generator makes: one picture with everything that a loss may need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sample:
    """A composition with its truth.

    ``image``, ``foreground`` and ``background`` are HxWx3 float32 sRGB in [0, 1]; only ``image`` is
    damaged (JPEG, noise, blur). ``trimap`` is HxW uint8 (0, 128, 255), ``alpha`` HxW float32 in
    [0, 1], ``kind`` the name of the matte's kind.
    """

    image: NDArray[np.float32]
    trimap: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    foreground: NDArray[np.float32]
    background: NDArray[np.float32]
    kind: str
