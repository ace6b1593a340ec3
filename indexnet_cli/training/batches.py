"""Batches: Samples as tensors, loaded in the background in a fixed order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from indexnet_cli.datasets.on_device import Cut, DeviceCuts, finish, gather
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.samples import SampleSource
from indexnet_cli.imaging.trimaps import UNKNOWN


def to_tensors(sample: Sample) -> dict[str, Tensor]:
    """A Sample's arrays, and its unknown region as a 0/1 mask, as float32 C x H x W tensors.

    A foreground and background that nobody knows are left out.
    """
    planes = {
        "trimap": sample.trimap.astype(np.float32) / 255,
        "alpha": sample.alpha.astype(np.float32),
        "unknown": (sample.trimap == UNKNOWN).astype(np.float32),
    }
    tensors = {name: torch.from_numpy(plane)[None] for name, plane in planes.items()}
    for name in ("image", "foreground", "background"):
        colours = getattr(sample, name)
        if colours is not None:
            pixels = np.ascontiguousarray(colours.transpose(2, 0, 1), dtype=np.float32)
            tensors[name] = torch.from_numpy(pixels)
    return tensors


class _Tensors(Dataset[dict[str, Tensor]]):
    def __init__(self, samples: SampleSource) -> None:
        self.samples = samples

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return to_tensors(self.samples[index])


class _Listed(Sampler[list[int]]):
    def __init__(self, batches: Sequence[Sequence[int]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches:
            yield list(batch)

    def __len__(self) -> int:
        return len(self.batches)


def _single_threaded(_worker: int) -> None:
    """The cores belong to the network, or to the other workers; Ctrl-C to the main process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def batches(
    samples: SampleSource | DeviceCuts,
    indices: Sequence[Sequence[int]],
    workers: int,
    device: torch.device | str = "cpu",
) -> Iterator[dict[str, Tensor]]:
    """One batch for each list of ``indices``, in this order; the same whatever the workers.

    Cuts are finished on ``device``; batches of Samples stay where the workers made them.
    """
    if isinstance(samples, DeviceCuts):
        gathered: DataLoader[list[Cut]] = _loader(samples, indices, workers, gather)
        for cuts in gathered:
            yield finish(cuts, samples.samples.crop, device)
    else:
        yield from _loader(_Tensors(samples), indices, workers)


def _loader(
    dataset: Any,
    indices: Sequence[Sequence[int]],
    workers: int,
    collate: Callable[[list[Any]], Any] | None = None,
) -> DataLoader[Any]:
    return DataLoader(
        dataset,
        batch_sampler=_Listed(indices),
        num_workers=workers,
        collate_fn=collate,
        worker_init_fn=_single_threaded,
        # A fork would inherit OpenCV's and torch's thread pools without their threads, and hang.
        multiprocessing_context="spawn" if workers else None,
        prefetch_factor=_ahead(workers),
        pin_memory=torch.cuda.is_available(),
    )


def _ahead(workers: int) -> int | None:
    """Batches that each worker has ready: many workers would fill the shared memory."""
    return (4 if workers <= 4 else 2) if workers else None


class Share(Sequence[range]):
    """The pieces of each step's batch that fall to one of several processes, in order.

    Every batch is cut into as many runs as there are processes, and each run into ``pieces``.
    """

    def __init__(
        self, steps: Sequence[range], pieces: int = 1, rank: int = 0, ranks: int = 1
    ) -> None:
        self.steps, self.pieces, self.rank, self.ranks = steps, pieces, rank, ranks

    def __len__(self) -> int:
        return len(self.steps) * self.pieces

    def __getitem__(self, number: int) -> range:  # type: ignore[override]
        step, piece = divmod(number, self.pieces)
        batch = self.steps[step]
        size = len(batch) // (self.ranks * self.pieces)
        start = (self.rank * self.pieces + piece) * size
        return batch[start : start + size]
