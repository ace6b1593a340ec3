"""Which region of which map a region of the result needs, across the stages of a network."""

from __future__ import annotations

from dataclasses import dataclass

from indexnet_cli.engine.regions import Region


@dataclass(frozen=True)
class Span:
    """Neighbouring stages that are computed together, finest first.

    ``size``: of the finest stage's map; ``encode_reach`` and ``decode_reach``: of each stage, in
    its own pixels. Between two spans lies a map that is kept for the whole picture; it has the
    resolution behind the span's last pooling.
    """

    stages: tuple[int, ...]
    size: tuple[int, int]
    encode_reach: tuple[int, ...]
    decode_reach: tuple[int, ...]

    @property
    def factor(self) -> int:
        """How many pixels of its finest map lie along one of the map behind it."""
        return 2 ** len(self.stages)

    @property
    def pooled_size(self) -> tuple[int, int]:
        """Height and width of the map behind it."""
        return self.size[0] // self.factor, self.size[1] // self.factor

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of each stage's map."""
        return [(self.size[0] >> n, self.size[1] >> n) for n in range(len(self.stages))]

    def part_behind(self, pooled: Region, number: int) -> Region:
        """The region of a stage's map that the ``pooled`` region behind the span covers."""
        for _ in range(len(self.stages) - number):
            pooled = pooled.double()
        return pooled

    def encoder_inputs(self, pooled: Region) -> list[Region]:
        """The input of each stage that decides the ``pooled`` region behind the span."""
        return self._inputs([*[None] * (len(self.stages) - 1), pooled.double()])

    def decoder_regions(self, target: Region, clipped: bool = True) -> tuple[list[Region], Region]:
        """Where each stage decodes to get ``target`` of the finest, and what of the map behind."""
        regions = []
        region = target
        for number, reach in enumerate(self.decode_reach):
            region = region.grow(reach).snap(4)
            if clipped:
                region = self._clip(region, number)
            regions.append(region)
            region = region.halve()
        return regions, region

    def skip_inputs(self, regions: list[Region]) -> list[Region]:
        """The input of each stage that decides its skips and index on its ``regions``."""
        return self._inputs(list(regions))

    def decoder_margin(self) -> int:
        """How far behind a pixel's own the span's decoder looks, in pixels of the map behind."""
        _, behind = self.decoder_regions(Region.whole(self.factor, self.factor), clipped=False)
        return -behind.top

    def _inputs(self, wanted: list[Region | None]) -> list[Region]:
        inputs: list[Region] = []
        for number in reversed(range(len(self.stages))):
            region = wanted[number]
            if inputs:
                finer = inputs[0].double()
                region = finer if region is None else region.around(finer)
            assert region is not None
            region = region.grow(self.encode_reach[number]).snap(2)
            inputs.insert(0, self._clip(region, number))
        return inputs

    def _clip(self, region: Region, number: int) -> Region:
        return region.clip(*self.sizes[number])
