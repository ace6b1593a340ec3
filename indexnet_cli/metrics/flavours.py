"""The published programs that compute these errors, each with its differences.

All take prediction and truth as HxW float64 in [0, 1] and the mask of the unknown pixels, and give
SAD, MSE, MAD, Grad and Conn in the units of their tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError
from indexnet_cli.metrics.connectivity_error import (
    MATLAB_RULE,
    STEPS,
    TENTHS,
    ConnectivityRule,
    connectivity_difference,
)
from indexnet_cli.metrics.gradient_error import (
    gradient_difference,
    stretch,
    unit_norm_filter,
    unit_sum_filter,
)

Region = Literal["unknown", "whole"]
FlavourName = Literal["matlab", "python", "openmmlab", "aim"]
Plane = NDArray[np.float64]
Errors = tuple[float, float, float, float, float]

NAN = float("nan")
# As numpy.arange accumulates them: grey level 153 of 255 stays below the sixth, which is over 0.6.
ACCUMULATED = tuple(float(step) for step in np.arange(0, 1.1, 0.1)[1 : STEPS + 1])
FLOAT32_TENTHS = tuple(float(np.float32(step)) for step in TENTHS)


@dataclass(frozen=True)
class Flavour:
    """One published program.

    ``quantised`` says that it reads 8-bit files, ``grad_unit`` in how many Grad is counted: the
    filter of unit L2 norm gives about a hundred times more than that of unit sum.
    """

    compute: Callable[[Plane, Plane, NDArray[np.uint8], Region], Errors]
    quantised: bool
    grad_unit: Literal["thousands", "tens"]
    source: str


def _sums(p: Plane, g: Plane, counted: NDArray[np.bool_]) -> tuple[float, float]:
    difference = np.abs(p - g)[counted]
    return float(difference.sum()), float(np.square(difference, out=difference).sum())


def _counted(trimap: NDArray[np.uint8], region: Region) -> NDArray[np.bool_]:
    return trimap == 128 if region == "unknown" else np.ones(trimap.shape, np.bool_)


def _matlab(p: Plane, g: Plane, trimap: NDArray[np.uint8], region: Region) -> Errors:
    counted = _counted(trimap, region)
    pixels = int(np.count_nonzero(counted))
    absolute, squared = _sums(p, g, counted)
    return (
        absolute / 1000,
        squared / pixels if pixels else NAN,
        absolute / pixels if pixels else NAN,
        gradient_difference(stretch(p), stretch(g), counted, unit_norm_filter()) / 1000,
        connectivity_difference(p, g, counted, MATLAB_RULE) / 1000,
    )


def _python(p: Plane, g: Plane, trimap: NDArray[np.uint8], region: Region) -> Errors:
    """Both maps are stretched to the full range before everything, not for Grad alone."""
    # In single precision, as that program works: else stretched levels miss their tenths.
    p, g = (stretch(plane).astype(np.float32).astype(np.float64) for plane in (p, g))
    counted = _counted(trimap, region)
    pixels = int(np.count_nonzero(counted))
    absolute, squared = _sums(p, g, counted)
    rule = ConnectivityRule(FLOAT32_TENTHS, skips_empty=True, by_column=False)
    return (
        absolute / 1000,
        squared / pixels if pixels else NAN,
        absolute / pixels if pixels else NAN,
        gradient_difference(p, g, counted, unit_sum_filter()) / 10,
        connectivity_difference(p, g, counted, rule) / 1000,
    )


def _openmmlab(p: Plane, g: Plane, trimap: NDArray[np.uint8], region: Region) -> Errors:
    """SAD, MSE and MAD sum over the whole picture, whose known pixels must be those of the trimap.

    MSE and MAD divide by the unknown pixels.
    """
    counted = _counted(trimap, region)
    if region == "unknown" and (p[trimap == 0].any() or (p[trimap == 255] != 1).any()):
        raise InputError(
            "the matte is not the trimap where the trimap is known",
            "OpenMMLab's metrics refuse that; put the known pixels in first (--paste).",
        )
    pixels = int(np.count_nonzero(counted))
    absolute, squared = _sums(p, g, np.ones(trimap.shape, np.bool_))
    rule = ConnectivityRule(ACCUMULATED, skips_empty=False, by_column=False)
    return (
        absolute / 1000,
        squared / pixels if pixels else 0.0,
        absolute / pixels if pixels else 0.0,
        gradient_difference(stretch(p), stretch(g), counted, unit_norm_filter()) / 1000,
        connectivity_difference(p, g, counted, rule) / 1000,
    )


def _aim(p: Plane, g: Plane, trimap: NDArray[np.uint8], region: Region) -> Errors:
    """Transition errors put the trimap's known pixels in and sum over the whole picture.

    Grad and Conn are defined for the whole picture only.
    """
    if region == "unknown":
        return _aim_transition(p, g, trimap)
    everywhere = np.ones(trimap.shape, np.bool_)
    absolute, squared = _sums(p, g, everywhere)
    pixels = max(p.size, 1)
    rule = ConnectivityRule(ACCUMULATED, skips_empty=True, by_column=False)
    return (
        absolute / 1000,
        squared / pixels,
        absolute / pixels,
        gradient_difference(p, g, everywhere, unit_sum_filter()) / 10,
        connectivity_difference(p, g, everywhere, rule) / 1000,
    )


def _aim_transition(p: Plane, g: Plane, trimap: NDArray[np.uint8]) -> Errors:
    p = np.where(trimap == 255, 1.0, np.where(trimap == 0, 0.0, p))
    absolute, squared = _sums(p, g, np.ones(trimap.shape, np.bool_))
    pixels = int(np.count_nonzero(trimap == 128))
    if not pixels:
        pixels = int(np.count_nonzero((trimap != 0) & (trimap != 255)))
    if not pixels:
        return absolute / 1000, NAN, NAN, NAN, NAN
    return absolute / 1000, squared / pixels, absolute / pixels, NAN, NAN


FLAVOURS: dict[str, Flavour] = {
    "matlab": Flavour(
        _matlab, True, "thousands", "the Matlab code of Composition-1k (Xu et al., CVPR 2017)"
    ),
    "python": Flavour(_python, False, "tens", "the Python metrics in poppinace/indexnet_matting"),
    "openmmlab": Flavour(_openmmlab, True, "thousands", "OpenMMLab's mmagic (MMEditing)"),
    "aim": Flavour(_aim, False, "tens", "the Python evaluation of AIM-500 (Li et al., IJCAI 2021)"),
}
