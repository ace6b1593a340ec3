"""Networks that need no trimap: image -> alpha, and the trimap that they found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_cli.engine.alignment import Align
from indexnet_cli.engine.memory import available_bytes
from indexnet_cli.engine.normalisation import SCALES
from indexnet_cli.engine.precision import computing, memory_format
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.resampling import resample
from indexnet_cli.engine.strategies import GLOBAL_RATIO, LOCAL_RATIOS, Strategy
from indexnet_cli.engine.views import View, progress_of_part
from indexnet_cli.errors import DeviceError, UsageError
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN
from indexnet_cli.models.registry import ModelSpec

LONGEST_SIDE = 1600  # of a network input, as published
ROUNDING = 1e-5  # of 1: what differs less from background or foreground is that
GREYS = np.array([BACKGROUND, UNKNOWN, FOREGROUND], np.uint8)  # by class


@dataclass(frozen=True)
class Found:
    """``alpha`` H x W float32 in [0, 1]; ``trimap`` H x W uint8 of 0, 128, 255."""

    alpha: NDArray[np.float32]
    trimap: NDArray[np.uint8]


class TrimapFree:
    """Runs ``network`` on pictures of any size by one of AimNet's test strategies.

    Source: Li, Zhang, Tao, *Deep Automatic Natural Image Matting*, IJCAI 2021, and its published
    inference code. Memory is bounded, since inputs of the network are. Of several ``views`` the
    network's outputs are averaged, the class scores too, so that there is one trimap.
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        device: torch.device,
        precision: str,
        strategy: Strategy,
        align: Align,
        views: list[View],
    ) -> None:
        if strategy not in LOCAL_RATIOS:
            raise UsageError(f"unknown strategy {strategy!r}", f"known: {', '.join(LOCAL_RATIOS)}")
        if align not in ("pad", "resize"):
            raise UsageError(
                f"{spec.name} has no alignment {align!r}",
                "use pad, or resize (as published, to the letter)",
            )
        self._network = network
        self._spec = spec
        self._device = device
        self._precision = precision
        self._views = views
        self._local_ratio = LOCAL_RATIOS[strategy]
        self._to_the_letter = align == "resize"
        self._antialias = not self._to_the_letter

    def __call__(self, image: NDArray[np.generic], progress: Progress | None = None) -> Found:
        """Alpha and trimap of the size of ``image`` H x W x 3 (uint8, uint16, or in [0, 1]).

        Raises ``DeviceError`` if memory does not suffice.
        """
        advance = progress or (lambda _done, _total: None)
        height, width = image.shape[:2]
        found = self._at_working_size(self._shrunk(image), advance)
        if found.alpha.shape != (height, width):
            found = _enlarged(found, height, width)
        if self._to_the_letter:  # which ends in 8 bits, cut off
            found = replace(found, alpha=np.floor(found.alpha * np.float32(255)) / np.float32(255))
        return found

    def _shrunk(self, image: NDArray[np.generic]) -> NDArray[np.generic]:
        height, width = image.shape[:2]
        shorter, wanted = min(height, width), self._spec.published.shorter_side
        if wanted is None or shorter <= wanted:
            return image
        size = (wanted * width // shorter, wanted * height // shorter)
        how = cv2.INTER_LINEAR if self._to_the_letter else cv2.INTER_AREA
        pixels = image.astype(np.float32) if image.dtype == np.float16 else image
        return np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how))

    def _at_working_size(self, image: NDArray[np.generic], advance: Progress) -> Found:
        height, width = image.shape[:2]
        colours = image.astype(np.float64) / SCALES.get(image.dtype, 1)
        passes = 1 if self._local_ratio is None else 2
        scores, _, fused = self._estimate(
            colours, GLOBAL_RATIO, progress_of_part(advance, 0, passes)
        )
        classes = GREYS[scores[0].argmax(0).cpu().numpy()] / 255
        certainty = resample(classes, height, width, self._antialias)
        if self._local_ratio is None:
            alpha = fused
        else:
            _, alpha, _ = self._estimate(
                colours, self._local_ratio, progress_of_part(advance, 1, passes)
            )
        advance(passes * len(self._views), passes * len(self._views))
        plane = resample(alpha[0, 0].cpu().numpy(), height, width, self._antialias)
        return _with_known(plane, certainty)

    def _estimate(
        self, colours: NDArray[np.float64], ratio: float, advance: Progress
    ) -> tuple[Tensor, ...]:
        """The network's outputs for the picture at ``ratio``: their means over the views."""
        height, width = (
            network_length(length, ratio, self._spec.stride) for length in colours.shape[:2]
        )
        self._check_memory(height, width)
        planes = resample(colours, height, width, self._antialias)
        planes = (planes - self._spec.mean) / self._spec.std
        x = torch.from_numpy(planes.transpose(2, 0, 1)[None].astype(np.float32))
        means: tuple[Tensor, ...] = ()
        for number, view in enumerate(self._views):
            advance(number, len(self._views))
            outputs = self._evaluate(view.of_tensor(x))
            shares = tuple(view.undo(output) / len(self._views) for output in outputs)
            means = tuple(map(torch.add, means, shares)) if means else shares
        return means

    def _evaluate(self, x: Tensor) -> tuple[Tensor, ...]:
        with computing(self._precision, self._device):
            outputs = self._network(
                x.to(self._device).contiguous(memory_format=memory_format(self._precision))
            )
            return tuple(output.float() for output in outputs)

    def _check_memory(self, height: int, width: int) -> None:
        needed = height * width * self._spec.bytes_per_pixel
        if needed > available_bytes(self._device):
            raise DeviceError(
                f"{self._spec.name} needs {needed / 2**30:.1f} GB of memory at {width} x {height}; "
                f"{available_bytes(self._device) / 2**30:.1f} GB are free on {self._device}",
                "close other programs; --strategy resize works at a quarter of the size",
            )


def network_length(length: int, ratio: float, stride: int) -> int:
    """A side of the network's input for a picture's side of ``length``.

    The published code rounds down to the stride, which leaves nothing of sides below
    ``stride / ratio``; those get one stride.
    """
    scaled = int(length * ratio)
    return min(max(scaled - scaled % stride, stride), LONGEST_SIDE)


def _enlarged(found: Found, height: int, width: int) -> Found:
    """``found`` at the picture's size; known is what only known pixels of one kind make."""
    size = (width, height)
    planes = np.dstack([found.alpha, found.trimap.astype(np.float32) / FOREGROUND])
    enlarged = np.asarray(cv2.resize(planes, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return _with_known(enlarged[:, :, 0], enlarged[:, :, 1])


def _with_known(alpha: NDArray[np.floating], certainty: NDArray[np.floating]) -> Found:
    """``alpha`` made 0 or 1 where ``certainty`` is that, and ``certainty`` as a trimap."""
    found = np.array(alpha, np.float32)
    trimap = np.full(alpha.shape, UNKNOWN, np.uint8)
    for value, grey in ((0, BACKGROUND), (1, FOREGROUND)):
        known = np.abs(certainty - value) <= ROUNDING
        found[known] = value
        trimap[known] = grey
    return Found(found, trimap)
