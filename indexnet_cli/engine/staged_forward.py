"""The exact forward pass of a staged network, region by region, in bounded memory.

A staged network (see ``models.indexnet.network``) is convolutions between the points where its
resolution changes, so any region of a stage's output can be computed from a slightly larger
region of its input: the result is that of the whole picture, not an approximation. Only narrow
maps are kept for the whole picture, one between two spans of stages. Skips and indices are
kept as long as they are small; else they are computed again where the decoder needs them.

Only unknown pixels need an alpha: regions that no unknown pixel looks at are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.engine.inputs import NetworkInput
from indexnet_cli.engine.memory import FEWEST_REGION_BYTES, OVERHEAD, MemoryBudget
from indexnet_cli.engine.precision import computing, encoder_and_decoder
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.regions import Patch, Region, grid, place
from indexnet_cli.engine.spans import Span
from indexnet_cli.engine.staged_network import StagedNetwork
from indexnet_cli.engine.transfers import result_device, to_device
from indexnet_cli.errors import DeviceError

Mask = NDArray[np.bool_]
Window = Callable[[Region], Tensor]
KEPT_VALUES = 6  # a pixel, of the maps between spans: 24 channels twice at stride 4, and coarser
RESULT_BYTES = 6  # a pixel: alpha, and which pixels are unknown
KEPT_SKIP_BYTES = 384 << 20  # skips of larger pictures are computed twice instead
TARGET_GRID = 32  # sides of decoded regions: few shapes, for which the kernels are made once


@dataclass(frozen=True)
class Skips:
    """Skips by level and decoder index of one stage, on a region of it."""

    skips: dict[int, Patch]
    index: Patch

    def crop(self, region: Region) -> tuple[dict[int, Tensor], Tensor]:
        """Those of ``region`` of the stage."""
        skips = {level: patch.crop(region) for level, patch in self.skips.items()}
        return skips, self.index.crop(region.halve())

    def place(self, region: Region, whole: Skips | None, size: tuple[int, int]) -> Skips:
        """Those of ``region`` written into the ``whole`` stage's, of ``size``; made if None."""
        skips = {
            level: patch.place(region, None if whole is None else whole.skips[level], size)
            for level, patch in self.skips.items()
        }
        half = size[0] // 2, size[1] // 2
        return Skips(
            skips, self.index.place(region.halve(), None if whole is None else whole.index, half)
        )


def cut_into_spans(network: StagedNetwork, size: tuple[int, int]) -> list[Span]:
    """The two finest stages together, for the map between them is the largest; the others alone."""
    groups = [tuple(range(min(2, len(network.stages))))]
    groups += [(stage,) for stage in range(2, len(network.stages))]
    return [
        Span(
            stages=group,
            size=(size[0] >> group[0], size[1] >> group[0]),
            encode_reach=tuple(network.encode_reach(stage) for stage in group),
            decode_reach=tuple(network.decode_reach(stage) for stage in group),
        )
        for group in groups
    ]


def looked_at(wanted: Mask, span: Span) -> Mask:
    """Which pixels of the map behind ``span`` its decoder needs for the ``wanted`` ones."""
    factor, margin = span.factor, span.decoder_margin()
    height, width = wanted.shape
    cells = wanted.reshape(height // factor, factor, width // factor, factor).any(axis=(1, 3))
    square = np.ones((2 * margin + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(np.asarray(cells, np.uint8), square)) > 0


def targets(wanted: Mask, tile: int) -> Iterator[Region]:
    """Regions of at most ``tile`` x ``tile`` pixels that hold all ``wanted`` pixels."""
    height, width = wanted.shape
    for region in grid(height, width, tile):
        inside = wanted[region.slices]
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        if rows.size:
            top, left = region.top, region.left
            found = Region(
                top + int(rows[0]),
                top + int(rows[-1]) + 1,
                left + int(columns[0]),
                left + int(columns[-1]) + 1,
            )
            yield found.snap(TARGET_GRID).clip(height, width)


class _Steps:
    """Counts the regions of all passes."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def over(self, regions: list[Region]) -> Iterator[Region]:
        """The ``regions``, one after the other, each reported as it begins."""
        for region in regions:
            if self._progress is not None:
                self._progress(self._done, self._total)
            self._done += 1
            yield region


class StagedForward:
    """Calls a staged network on one picture, in ``precision`` (fp32, mixed, bf16, fp16).

    The regions' size follows from ``budget``, or is ``tile`` pixels. After a call ``tiles`` says
    how many regions of the picture were decoded, and ``tile`` their longest side. The network's
    weights are converted in place.
    """

    def __init__(
        self,
        network: StagedNetwork,
        budget: MemoryBudget,
        precision: str,
        tile: int | None = None,
    ) -> None:
        self._dtype, self._decoder_dtype = encoder_and_decoder(precision)
        self._network = network.to_precision(self._dtype, self._decoder_dtype)
        self._budget = budget
        self._device = budget.device
        self._region_bytes = 0
        self._asked = tile
        self.tiles = 0
        self.tile = 0

    def __call__(self, source: NetworkInput, progress: Progress | None = None) -> Tensor:
        """Alpha 1 x 1 x H x W float32 on the CPU; 0 where no unknown pixel is near.

        ``progress`` is called with the number of regions done and of all. Raises ``DeviceError``
        when even small regions do not fit.
        """
        height, width = source.size
        kept = height * width * (KEPT_VALUES * self._dtype.itemsize + RESULT_BYTES)
        self._region_bytes = self._budget.region_bytes(kept)
        while True:
            try:
                with computing("fp32", self._device):
                    return self._attempt(source, progress).cpu()
            except torch.OutOfMemoryError as error:
                if self._asked or self._region_bytes // 2 < FEWEST_REGION_BYTES:
                    raise DeviceError(
                        f"out of memory on {self._device}",
                        "close other programs, or use --device cpu",
                    ) from error
            # Not before the error is gone, which holds on to what the attempt had in memory.
            torch.cuda.empty_cache()
            self._region_bytes //= 2

    def _attempt(self, source: NetworkInput, progress: Progress | None) -> Tensor:
        spans = cut_into_spans(self._network, source.size)
        wanted = [source.unknown]
        for span in spans[:-1]:
            wanted.append(looked_at(wanted[-1], span))
        decoded = [
            list(targets(mask, self._tile(span))) for span, mask in zip(spans, wanted, strict=True)
        ]
        encoded = [self._pieces(span) for span in spans]
        self.tiles = len(decoded[0])
        self.tile = max(max(target.size) for target in decoded[0])
        steps = _Steps(sum(map(len, encoded + decoded)), progress)
        keep = self._small_enough(spans)

        sources: list[Window] = [self._converted(source.window)]
        kept: list[list[Skips] | None] = []
        for span, pieces in zip(spans, encoded, strict=True):
            pooled, skips = self._encode_span(span, sources[-1], steps.over(pieces), span in keep)
            sources.append(Patch(pooled, Region.whole(*span.pooled_size)).crop)
            kept.append(skips)
        features = self._bottom(sources.pop(), spans[-1].pooled_size)
        for span in reversed(spans):
            regions = steps.over(decoded.pop())
            features = self._decode_span(span, sources.pop(), kept.pop(), features, regions)
        return features

    def _converted(self, window: Window) -> Window:
        def convert(region: Region) -> Tensor:
            x = to_device(window(region), self._device, self._dtype)
            return x.contiguous(memory_format=torch.channels_last)

        return convert

    def _tile(self, span: Span) -> int:
        if self._asked:
            return max(self._asked >> span.stages[0], span.factor)
        values = sum(
            self._network.working_values(stage) >> 2 * (stage - span.stages[0])
            for stage in span.stages
        )
        return self._tile_of(values, span.size)

    def _tile_of(self, values: int, size: tuple[int, int]) -> int:
        """The side of a tile of a map of ``size`` with ``values`` a pixel."""
        pixels = self._region_bytes / (values * self._dtype.itemsize)
        if size[0] * size[1] <= pixels:
            return max(size)
        return max(int(pixels**0.5) // TARGET_GRID, 1) * TARGET_GRID

    def _pieces(self, span: Span) -> list[Region]:
        return list(grid(*span.pooled_size, max(self._tile(span) // span.factor, 1)))

    def _small_enough(self, spans: list[Span]) -> list[Span]:
        """The spans whose skips are kept for the whole picture: the finest save the most."""
        kept, room = [], min(KEPT_SKIP_BYTES, self._budget.free() - OVERHEAD * self._region_bytes)
        for span in spans:
            height, width = span.size
            room -= self._decoder_dtype.itemsize * sum(
                self._network.skip_values(stage) * (height >> 2 * number) * width
                for number, stage in enumerate(span.stages)
            )
            if room < 0:
                break
            kept.append(span)
        return kept

    def _encode_span(
        self, span: Span, source: Window, pieces: Iterator[Region], keep: bool
    ) -> tuple[Tensor, list[Skips] | None]:
        """The pooled map behind ``span``; its skips too, if they are to be kept."""
        whole: Tensor | None = None
        kept: list[Skips] = []
        for piece in pieces:
            skips, pooled = self._encode(span, source, span.encoder_inputs(piece))
            if piece.size == span.pooled_size:
                return pooled.values, skips
            whole = place(pooled.crop(piece), piece, whole, span.pooled_size)
            if keep:
                kept = [
                    part.place(
                        span.part_behind(piece, number), kept[number] if kept else None, size
                    )
                    for number, (part, size) in enumerate(zip(skips, span.sizes, strict=True))
                ]
        assert whole is not None
        return whole, kept or None

    def _encode(
        self, span: Span, source: Window, inputs: list[Region]
    ) -> tuple[list[Skips], Patch]:
        x = source(inputs[0])
        all_skips = []
        for number, (stage, region) in enumerate(zip(span.stages, inputs, strict=True)):
            encoded = self._network.encode(stage, x)
            patches = {
                level: Patch(skip.to(self._decoder_dtype), region)
                for level, skip in encoded.skips.items()
            }
            index = Patch(encoded.index.to(self._decoder_dtype), region.halve())
            all_skips.append(Skips(patches, index))
            pooled = Patch(encoded.pooled, region.halve())
            if number + 1 < len(inputs):
                x = pooled.crop(inputs[number + 1])
        return all_skips, pooled

    def _bottom(self, source: Window, size: tuple[int, int]) -> Tensor:
        """In regions too, where the map is large; what it pools globally is summed up first."""
        network = self._network
        tile = self._tile_of(network.working_values(len(network.stages)), size)
        pieces = list(grid(*size, tile))
        if len(pieces) == 1:
            return network.bottom(source(pieces[0]))
        reach = network.bottom_reach()
        mean = self._global_mean(source, pieces, size)
        whole: Tensor | None = None
        for piece in pieces:
            region = piece.grow(reach).clip(*size)
            x = Patch(network.bottom(source(region), mean), region).crop(piece)
            whole = place(x, piece, whole, size)
        assert whole is not None
        return whole

    def _global_mean(
        self, source: Window, pieces: list[Region], size: tuple[int, int]
    ) -> Tensor | None:
        network = self._network
        total: Tensor | None = None
        for piece in pieces:
            region = piece.grow(network.deepest_reach()).clip(*size)
            features = network.deepest(source(region))
            part = (
                Patch(features, region).crop(piece).sum((2, 3), keepdim=True, dtype=torch.float64)
            )
            total = part if total is None else total + part
        assert total is not None
        return (total / (size[0] * size[1])).to(self._dtype)

    def _decode_span(
        self,
        span: Span,
        source: Window,
        kept: list[Skips] | None,
        behind: Tensor,
        regions: Iterator[Region],
    ) -> Tensor:
        """The ``regions`` of the features of the span's finest stage; of stage 0: of alpha."""
        features = Patch(behind.to(self._decoder_dtype), Region.whole(*span.pooled_size))
        whole: Tensor | None = None
        finest = span.stages[0] == 0
        device = result_device(span.size[0] * span.size[1], self._budget) if finest else None
        for target in regions:
            needed, region = span.decoder_regions(target)
            skips = kept
            if skips is None:
                skips, _ = self._encode(span, source, span.skip_inputs(needed))
            x = features.crop(region)
            for number in reversed(range(len(span.stages))):
                x = self._network.decode(
                    span.stages[number], x, *skips[number].crop(needed[number])
                )
                inner = needed[number - 1].halve() if number else target
                x = Patch(x, needed[number]).crop(inner)
            whole = place(x, target, whole, span.size, device)
        assert whole is not None
        return whole
