"""The foreground's own colours at soft edges, without those of the old background."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.levels import to_float

# Weights of the smoothness between neighbours, on the scale where fidelity to the picture counts
# 1: a floor, and a part that grows with the difference of their alphas. Chosen by
# benchmarks/foreground.py, exact mattes and disturbed ones alike.
_FLOOR, _SLOPE = np.float32(3e-3), np.float32(0.1)
_SMALL_SIDE, _SMALL_SWEEPS, _SWEEPS = 64, 10, 3
# Blocks of this side stay in the processor's cache, and those without a soft pixel are left out.
_BLOCK = 128

Planes = NDArray[np.float32]  # channels x H x W


def estimate_foreground(image: NDArray[Any], alpha: NDArray[Any]) -> NDArray[np.float32]:
    """Estimate what the foreground's colours were before they were mixed with the background.

    image is HxWx3 uint8, uint16 or float in [0, 1], alpha HxW in [0, 1]. Returns HxWx3 float32 in
    [0, 1]; where alpha is 1 it is the image. Minimises the misfit of alpha F + (1 - alpha) B and
    the differences between neighbours, from coarse to fine: the energy of T. Germer, T. Uelwer,
    S. Conrad, S. Harmeling, "Fast Multi-Level Foreground Estimation", ICPR 2020, equation 2, with
    other weights and block by block. Raises ValueError when the sizes differ.
    """
    observed = to_float(image)
    if observed.ndim != 3 or observed.shape[:2] != alpha.shape:
        raise ValueError(f"sizes differ: image {image.shape}, alpha {alpha.shape}")
    weight = np.clip(alpha, 0.0, 1.0).astype(np.float32)
    if not ((weight > 0) & (weight < 1)).any():
        return observed.copy()
    layers: Planes | None = None
    for colours, part in reversed(list(_pyramid(observed, weight))):
        planes = np.ascontiguousarray(colours.transpose(2, 0, 1))
        layers = np.concatenate([planes, planes]) if layers is None else _enlarge(layers, part)
        sweeps = _SMALL_SWEEPS if max(part.shape) <= _SMALL_SIDE else _SWEEPS
        blocks = list(_soft_blocks(part))
        for _ in range(sweeps):
            for rows, columns in blocks:
                _relax(layers, planes, part, rows, columns)
    assert layers is not None
    front = layers[:3].transpose(1, 2, 0)
    return np.where(weight[:, :, np.newaxis] >= 1.0, observed, front)


def _pyramid(
    observed: NDArray[Any], alpha: NDArray[Any]
) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Image and alpha, halved until the longer side is 2; nearest, so that pixels stay mixtures."""
    import cv2

    yield observed, alpha
    while max(alpha.shape) > 2:
        size = (max(-(-alpha.shape[1] // 2), 1), max(-(-alpha.shape[0] // 2), 1))
        observed = cv2.resize(observed, size, interpolation=cv2.INTER_NEAREST)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_NEAREST)
        yield observed, alpha


def _enlarge(layers: Planes, part: NDArray[np.float32]) -> Planes:
    import cv2

    size = part.shape[1], part.shape[0]
    return np.stack([cv2.resize(p, size, interpolation=cv2.INTER_NEAREST) for p in layers])


def _soft_blocks(alpha: NDArray[np.float32]) -> Iterator[tuple[slice, slice]]:
    height, width = alpha.shape
    for top in range(0, height, _BLOCK):
        for left in range(0, width, _BLOCK):
            rows = slice(top, min(top + _BLOCK, height))
            columns = slice(left, min(left + _BLOCK, width))
            part = alpha[rows, columns]
            # Small levels whole: they carry colours over to where the next one begins.
            if max(height, width) <= _BLOCK or ((part > 0) & (part < 1)).any():
                yield rows, columns


def _relax(
    layers: Planes, planes: Planes, alpha: NDArray[np.float32], rows: slice, columns: slice
) -> None:
    """Solve every pixel of a block for its F and B, given its four neighbours' (in place).

    With w the sum of the neighbours' weights, f and b their weighted means:
    r = (I - a f - (1 - a) b) / (a^2 + (1 - a)^2 + w),  F = f + a r,  B = b + (1 - a) r
    """
    top, left = max(rows.start - 1, 0), max(columns.start - 1, 0)
    window = np.s_[top : rows.stop + 1, left : columns.stop + 1]
    a, around = alpha[window], layers[(slice(None), *window)]
    if a.size == 1:
        return
    across = _FLOOR + _SLOPE * np.abs(a[:, 1:] - a[:, :-1])
    down = _FLOOR + _SLOPE * np.abs(a[1:] - a[:-1])
    total, mean = np.zeros_like(a), np.zeros_like(around)
    total[:, 1:] += across
    total[:, :-1] += across
    total[1:] += down
    total[:-1] += down
    mean[:, :, 1:] += across * around[:, :, :-1]
    mean[:, :, :-1] += across * around[:, :, 1:]
    mean[:, 1:] += down * around[:, :-1]
    mean[:, :-1] += down * around[:, 1:]
    mean /= total
    b = 1 - a
    residual = planes[(slice(None), *window)] - a * mean[:3] - b * mean[3:]
    residual /= a * a + b * b + total
    mean[:3] += a * residual
    mean[3:] += b * residual
    np.clip(mean, 0.0, 1.0, out=mean)
    inner = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    layers[:, rows, columns] = mean[(slice(None), *inner)]
