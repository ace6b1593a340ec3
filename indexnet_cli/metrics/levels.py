"""Mattes as the bytes that the published evaluation reads from files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError


def to_levels(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Quantise a matte to 8 bits as ``write_alpha`` does: HxW float in [0, 1], or uint8 as it is.

    Raises InputError for another shape or type.
    """
    alpha = np.asarray(alpha)
    if alpha.ndim != 2:
        raise InputError(f"a matte is H x W, not {alpha.shape}")
    if alpha.dtype == np.uint8:
        return alpha
    if alpha.dtype.kind != "f":
        raise InputError(f"a matte is uint8 or floating in [0, 1], not {alpha.dtype}")
    levels = np.rint(np.clip(np.nan_to_num(alpha.astype(np.float64)), 0.0, 1.0) * 255)
    return levels.astype(np.uint8)


def to_values(alpha: NDArray[Any]) -> NDArray[np.float64]:
    """A matte in [0, 1] without quantisation: HxW float in [0, 1], or uint8 over 255.

    Raises InputError for another shape or type.
    """
    alpha = np.asarray(alpha)
    if alpha.ndim == 2 and alpha.dtype.kind == "f":
        return np.clip(np.nan_to_num(alpha.astype(np.float64)), 0.0, 1.0)
    return to_levels(alpha) / 255.0


def check_sizes(alpha: NDArray[Any], truth: NDArray[Any], trimap: NDArray[Any]) -> None:
    """Raise InputError unless all three are of one size."""
    if not np.shape(alpha) == np.shape(truth) == np.shape(trimap):
        raise InputError(
            f"sizes differ: matte {np.shape(alpha)}, truth {np.shape(truth)}, "
            f"trimap {np.shape(trimap)}",
            "Score a matte against a truth and a trimap of its own size.",
        )


def matching_levels(
    alpha: NDArray[Any], truth: NDArray[Any], unknown: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Quantise prediction and truth; raise InputError unless all three are of one size."""
    check_sizes(alpha, truth, unknown)
    return to_levels(alpha), to_levels(truth)


def as_mask(unknown: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A mask as OpenCV takes it."""
    return np.ascontiguousarray(unknown, np.bool_).view(np.uint8)
