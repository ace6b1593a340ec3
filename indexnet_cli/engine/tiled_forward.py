"""The network's forward pass, whole where it fits into memory, else in overlapping tiles."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.engine.inputs import NetworkInput
from indexnet_cli.engine.memory import MemoryBudget, fitting_tile, smallest_tile
from indexnet_cli.engine.precision import computing, memory_format
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.regions import Region
from indexnet_cli.engine.tiling import Tile, plan_tiles
from indexnet_cli.engine.transfers import result_device, to_device
from indexnet_cli.errors import DeviceError, UsageError
from indexnet_cli.models.registry import ModelSpec


class TiledForward:
    """Calls ``network`` on pictures of any aligned size; alpha comes back on the CPU.

    For networks whose pixels depend on a limited surrounding: tiles with the margin of ``spec``
    give what the whole picture gives (others come near, as ``spec`` says). ``tile``: side in
    pixels, rounded up to the stride; ``None`` for tiles only where memory asks. After a call
    ``tiles`` and ``tile`` say what was done.
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        budget: MemoryBudget,
        precision: str,
        tile: int | None,
    ) -> None:
        if tile is not None and tile < smallest_tile(spec):
            raise UsageError(f"tiles of {spec.name} are at least {smallest_tile(spec)} pixels")
        self._network = network
        self._spec = spec
        self._budget = budget
        self._device = budget.device
        self._precision = precision
        self._asked = None if tile is None else -(-tile // spec.stride) * spec.stride
        self.tiles = 0
        self.tile: int | None = None

    def __call__(self, source: NetworkInput, progress: Progress | None = None) -> Tensor:
        """1 x 1 x H x W float32. Raises ``DeviceError`` when even small tiles do not fit."""
        height, width = source.size
        tile = self._asked or fitting_tile(height, width, self._spec, self._budget)
        while True:
            try:
                with computing(self._precision, self._device):
                    return self._attempt(source, tile, progress).cpu()
            except torch.OutOfMemoryError:
                tile = self._smaller(tile or max(height, width))
            # Not before the error is gone, which holds on to what the attempt had in memory.
            torch.cuda.empty_cache()

    def _smaller(self, tile: int) -> int:
        smallest = smallest_tile(self._spec)
        if tile <= smallest:
            raise DeviceError(
                f"out of memory on {self._device}, even in tiles of {smallest} pixels",
                "close other programs, or use --device cpu",
            )
        return max(tile // 2 // self._spec.stride * self._spec.stride, smallest)

    def _attempt(self, source: NetworkInput, tile: int | None, progress: Progress | None) -> Tensor:
        height, width = source.size
        side = tile or max(height, width)
        # Tiles that differ from the whole picture hand over slowly, so that no seam shows.
        margin, stride = self._spec.margin, self._spec.stride
        blend = None if self._spec.exact_tiles else margin
        plan = plan_tiles(height, width, side, margin, stride, blend)
        if len(plan) == 1:
            self.tiles, self.tile = 1, None
            return self._evaluate(source.window(Region.whole(height, width)))
        needed = [tile for tile in plan if self._has_unknown(source, tile)]
        device = result_device(height * width, self._budget)
        alpha = torch.zeros(1, 1, height, width, device=device)
        self.tiles, self.tile = len(needed), side
        for number, part in enumerate(needed):
            if progress is not None:
                progress(number, len(needed))
            rows, columns = part.window
            region = Region(rows.start, rows.stop, columns.start, columns.stop)
            shares = to_device(torch.from_numpy(part.weights()), device)
            found = self._evaluate(source.window(region)).to(device)
            alpha[..., rows, columns] += found * shares
        return alpha

    @staticmethod
    def _has_unknown(source: NetworkInput, tile: Tile) -> bool:
        return bool((source.unknown[tile.window] & (tile.weights() > 0)).any())

    def _evaluate(self, x: Tensor) -> Tensor:
        x = to_device(x, self._device)
        alpha: Tensor = self._network(x.contiguous(memory_format=memory_format(self._precision)))
        return alpha.float()
