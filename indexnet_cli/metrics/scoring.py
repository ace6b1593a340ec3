"""All errors of one matte at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.metrics.flavours import FLAVOURS, FlavourName, Region
from indexnet_cli.metrics.levels import check_sizes, to_levels, to_values


@dataclass(frozen=True)
class Scores:
    """Errors of one matte; lower is better.

    ``sad``, ``grad`` and ``conn`` are sums in thousands (``grad`` in tens for the flavours python
    and aim), ``mse`` and ``mad`` means over pixels of values in [0, 1]. NaN stands where nothing is
    counted or the flavour defines nothing.
    """

    sad: float
    mse: float
    mad: float
    grad: float
    conn: float


def score(
    pred: NDArray[Any],
    alpha: NDArray[Any],
    trimap: NDArray[np.uint8] | None = None,
    *,
    flavour: FlavourName = "matlab",
    region: Region = "unknown",
) -> Scores:
    """Score the matte pred against its ground truth alpha.

    pred and alpha are HxW uint8 or float in [0, 1]; trimap is HxW uint8, of which 128 is unknown
    and everything else known. region: ``unknown`` counts the unknown pixels, ``whole`` all (trimap
    may then be None). flavour: ``matlab`` is the published evaluation of Composition-1k, in double
    precision; ``python``, ``openmmlab`` and ``aim`` reproduce other programs with their
    differences (docs/evaluation.md). matlab and openmmlab quantise float mattes to 8 bits, as files
    are; the others do not. Put the trimap's known pixels into pred first: Grad and Conn look
    beyond the unknown ones. Raises InputError for arrays that do not fit, UsageError for an
    unknown flavour or region.
    """
    if flavour not in FLAVOURS:
        raise UsageError(f"no such flavour: {flavour}", f"Flavours: {', '.join(FLAVOURS)}.")
    if region not in ("unknown", "whole"):
        raise UsageError(f"no such region: {region}", "Regions: unknown, whole.")
    if trimap is None:
        if region == "unknown":
            raise InputError("no trimap", 'Give one, or count all pixels with region="whole".')
        trimap = np.full(np.shape(alpha), 128, np.uint8)
    check_sizes(pred, alpha, trimap)
    chosen = FLAVOURS[flavour]
    p, g = (
        to_levels(plane) / 255.0 if chosen.quantised else to_values(plane)
        for plane in (pred, alpha)
    )
    return Scores(*chosen.compute(p, g, np.asarray(trimap), region))
