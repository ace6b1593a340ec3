"""A picture of samples side by side, for people to judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.sample import Sample

GREEN = np.array([0.1, 0.75, 0.2], np.float32)


def contact_sheet(samples: Sequence[Sample], columns: int = 1) -> NDArray[np.uint8]:
    """Lay out samples (of one size) in rows: image, trimap, alpha, foreground on green.

    Returns RGB uint8; ``columns`` samples stand beside each other.
    """
    strips = [_strip(sample) for sample in samples]
    while len(strips) % columns:
        strips.append(np.zeros_like(strips[0]))
    rows = [np.hstack(strips[i : i + columns]) for i in range(0, len(strips), columns)]
    return (np.clip(np.vstack(rows), 0, 1) * 255 + 0.5).astype(np.uint8)


def _strip(sample: Sample) -> NDArray[np.float32]:
    alpha = sample.alpha[..., None]
    colours = sample.image if sample.foreground is None else sample.foreground
    cut_out = alpha * colours + (1 - alpha) * GREEN
    trimap = np.repeat(sample.trimap[..., None].astype(np.float32) / 255, 3, axis=2)
    strip = np.hstack([sample.image, trimap, np.repeat(alpha, 3, axis=2), cut_out])
    return np.pad(strip, ((0, 4), (0, 8), (0, 0))).astype(np.float32)
