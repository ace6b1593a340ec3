"""Matte, truth and trimap of one entry, with the values of their files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.evaluation.layouts import Entry
from indexnet_cli.evaluation.problems import SizeMismatchError
from indexnet_cli.imaging.reading import read_levels, read_samples
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN, luma, snap_trimap


@dataclass(frozen=True)
class Triple:
    """What is scored: pred and alpha HxW uint8 or float64 in [0, 1], trimap HxW uint8 or None."""

    pred: NDArray[Any]
    alpha: NDArray[Any]
    trimap: NDArray[np.uint8] | None
    warnings: tuple[str, ...] = ()


def load_triple(entry: Entry, prediction: Path | NDArray[Any], paste: bool = False) -> Triple:
    """Read what belongs to an entry; with paste the trimap's known pixels go into the matte.

    Raises InputError, naming the file, for what cannot be read, and SizeMismatchError.
    """
    alpha = read_matte(entry.alpha)
    pred = read_matte(prediction) if isinstance(prediction, Path) else prediction
    trimap, warnings = read_exact_trimap(entry.trimap) if entry.trimap else (None, ())
    of = str(prediction) if isinstance(prediction, Path) else f"the matte of {entry.name}"
    _check_size(of, pred, entry.alpha, alpha)
    if trimap is not None:
        _check_size(str(entry.trimap), trimap, entry.alpha, alpha)
        if paste:
            pred = _paste(pred, trimap)
    return Triple(pred, alpha, trimap, warnings)


def read_matte(path: Path) -> NDArray[Any]:
    """A matte as its file has it: HxW uint8, or float64 in [0, 1] of a deeper file."""
    levels = read_levels(path)
    return levels if levels.dtype == np.uint8 else levels / float(np.iinfo(levels.dtype).max)


def read_exact_trimap(path: Path) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """A trimap's greys as they are, because the published evaluation counts 128 only.

    One without any 128, but with other greys between black and white, is snapped as everywhere
    else in this program. Returns warnings for both deviations.
    """
    values = read_samples(path).values
    scale = 255.0 / float(np.iinfo(values.dtype).max)
    levels = np.rint(luma(values) * np.float32(scale)).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256)
    others = int(counts.sum() - counts[[BACKGROUND, UNKNOWN, FOREGROUND]].sum())
    if not others:
        return levels, ()
    if counts[UNKNOWN]:
        return levels, (
            f"{path} has {others} pixels of other greys than 0, 128 and 255; they count as known, "
            "as in the published evaluation.",
        )
    snapped, summary = snap_trimap(values)
    return snapped, (f"{path} has no grey 128; {summary.describe()}.",)


def _paste(pred: NDArray[Any], trimap: NDArray[np.uint8]) -> NDArray[Any]:
    white = 255 if pred.dtype == np.uint8 else 1
    pasted = pred.copy()
    pasted[trimap == BACKGROUND] = 0
    pasted[trimap == FOREGROUND] = white
    return pasted


def _check_size(name: str, found: NDArray[Any], truth_name: Path, truth: NDArray[Any]) -> None:
    if found.shape != truth.shape:
        sizes = [f"{width} x {height}" for height, width in (found.shape, truth.shape)]
        raise SizeMismatchError(
            f"{name} is {sizes[0]} pixels, {truth_name} {sizes[1]}.",
            "Nothing is resized silently: make it anew in the truth's size.",
        )
