"""Validation on whole pictures through the engine, with all published errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.layouts import Entry, read_truth, recognise
from indexnet_cli.evaluation.loading import read_exact_trimap
from indexnet_cli.imaging.reading import read_alpha, read_image
from indexnet_cli.metrics.scoring import score
from indexnet_cli.models.registry import ModelSpec
from indexnet_cli.training.validation.result import Rows

EXAMPLES = 4


class Pictures(Protocol):
    """Whole pictures as Samples, read when asked for."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, index: int) -> Sample:
        """Picture ``index``."""
        ...


class TestFolder:
    """The pictures of a test set in a layout that ``indexnet eval`` knows.

    Raises InputError for a folder in none of them, or with a picture that has no image.
    """

    __test__ = False  # for pytest: no test in spite of its name

    def __init__(self, folder: Path) -> None:
        truth = read_truth(recognise(folder))
        missing = [entry.name for entry in truth.entries if entry.image is None]
        if missing:
            raise InputError(
                f"{folder}: {len(missing)} alphas have no image ({missing[0]}).",
                "A test set for training has image/, alpha/ and trimap/.",
            )
        self.entries: Sequence[Entry] = truth.entries

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Sample:
        entry = self.entries[index]
        assert entry.image is not None
        alpha = read_alpha(entry.alpha)
        trimap = np.full(alpha.shape, 128, np.uint8)  # without a trimap every pixel counts
        if entry.trimap is not None:
            trimap = read_exact_trimap(entry.trimap)[0]
        pixels = read_image(entry.image).pixels
        image = (pixels / np.float32(np.iinfo(pixels.dtype).max)).astype(np.float32)
        return Sample(image, trimap, alpha, None, None, entry.kind or entry.name)


class FullImages:
    """SAD, MSE, MAD, Grad and Conn by the rules of Composition-1k, mean over ``pictures``.

    ``fit_colours``: of mattes that are fitted, as the engine does it (``models.colour_lines``).
    A model with a trimap is scored over the unknown region, one without over whole pictures.
    """

    columns = ("sad", "mse", "mad", "grad", "conn")

    def __init__(self, pictures: Pictures, precision: str, fit_colours: bool = False) -> None:
        self.pictures = pictures
        self.precision = precision
        self.fit_colours = fit_colours

    def examples(self) -> list[Sample]:
        """The first few pictures."""
        return [self.pictures[index] for index in range(min(EXAMPLES, len(self.pictures)))]

    def score(
        self, network: nn.Module, spec: ModelSpec, device: torch.device, ranks: Ranks
    ) -> Rows:
        """The mean errors as ``mean``. Each process takes its share of the pictures."""
        matter = Matter.from_network(
            network,
            spec,
            device=str(device),
            precision=self.precision,
            scales=spec.scales,
            fit_colours=self.fit_colours,
        )
        errors = []
        for index in range(ranks.rank, len(self.pictures), ranks.count):
            sample = self.pictures[index]
            if spec.needs_trimap:
                alpha = matter.matte(sample.image, sample.trimap)
                errors.append(astuple(score(alpha, sample.alpha, sample.trimap)))
            else:
                errors.append(
                    astuple(score(matter.matte(sample.image), sample.alpha, region="whole"))
                )
        return _mean(np.array(errors, np.float64).reshape(-1, len(self.columns)), device, ranks)


def _mean(errors: np.ndarray, device: torch.device, ranks: Ranks) -> Rows:
    """Means over all processes; what is NaN (no unknown pixel) does not count."""
    counted = ~np.isnan(errors)
    sums = np.stack([np.where(counted, errors, 0).sum(0), counted.sum(0)])
    dtype = torch.float32 if device.type == "mps" else torch.float64
    total = ranks.sum(torch.from_numpy(sums).to(device, dtype)).cpu().numpy()
    if not ranks.leads:
        return {}
    with np.errstate(invalid="ignore"):
        return {"mean": tuple(float(value) for value in total[0] / total[1])}
