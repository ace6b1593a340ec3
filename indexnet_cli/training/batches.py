"""Batches: Samples as tensors, loaded in the background in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.imaging.trimaps import UNKNOWN


def to_tensors(sample: Sample) -> dict[str, Tensor]:
    """A Sample's arrays, and its unknown region as a 0/1 mask, as float32 C x H x W tensors."""
    planes = {
        "trimap": sample.trimap.astype(np.float32) / 255,
        "alpha": sample.alpha.astype(np.float32),
        "unknown": (sample.trimap == UNKNOWN).astype(np.float32),
    }
    tensors = {name: torch.from_numpy(plane)[None] for name, plane in planes.items()}
    for name in ("image", "foreground", "background"):
        pixels = np.ascontiguousarray(getattr(sample, name).transpose(2, 0, 1), dtype=np.float32)
        tensors[name] = torch.from_numpy(pixels)
    return tensors


class _Tensors(Dataset[dict[str, Tensor]]):
    def __init__(self, samples: OpenCompositions) -> None:
        self.samples = samples

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return to_tensors(self.samples[index])


class _Consecutive(Sampler[list[int]]):
    """Batches of consecutive indices: step s holds samples s * size to (s + 1) * size - 1."""

    def __init__(self, first_step: int, last_step: int, size: int) -> None:
        self.steps = range(first_step, last_step)
        self.size = size

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.steps:
            yield list(range(step * self.size, (step + 1) * self.size))

    def __len__(self) -> int:
        return len(self.steps)


def _single_threaded(_worker: int) -> None:
    """The cores belong to the network, or to the other workers."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def batches(
    samples: OpenCompositions, first_step: int, last_step: int, size: int, workers: int
) -> DataLoader[dict[str, Tensor]]:
    """The batches of steps ``first_step`` to ``last_step - 1``; the same whatever the workers."""
    return DataLoader(
        _Tensors(samples),
        batch_sampler=_Consecutive(first_step, last_step, size),
        num_workers=workers,
        worker_init_fn=_single_threaded,
        # A fork would inherit OpenCV's and torch's thread pools without their threads, and hang.
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=4 if workers else None,
        pin_memory=torch.cuda.is_available(),
    )
