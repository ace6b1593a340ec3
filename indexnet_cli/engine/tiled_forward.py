"""The network's forward pass, whole where it fits into memory, else in tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from indexnet_cli.engine.global_pooling import global_pools, measure, replay
from indexnet_cli.engine.memory import fitting_tile, smallest_tile
from indexnet_cli.engine.precision import computing
from indexnet_cli.engine.tiling import Tile, plan_tiles
from indexnet_cli.errors import DeviceError, UsageError
from indexnet_cli.models.registry import ModelSpec

KNOWN_MARGIN = 0.5 / 255  # resampled trimaps have values between the three; they count as unknown
Progress = Callable[[int, int], None]


class _Steps:
    """Counts the tiles of all passes."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = -1
        self._total = total
        self._progress = progress

    def advance(self) -> None:
        """Another tile begins."""
        self._done += 1
        self._progress(self._done, self._total)


class TiledForward:
    """Calls ``network`` on N x 4 x H x W inputs of any aligned size; alpha comes back on the CPU.

    ``tile``: side in pixels, rounded up to the stride; ``None`` for tiles only where memory asks.
    After a call ``tiles`` and ``tile`` say what was done.
    """

    def __init__(
        self,
        network: nn.Module,
        spec: ModelSpec,
        device: torch.device,
        precision: str,
        tile: int | None,
    ) -> None:
        if tile is not None and tile < smallest_tile(spec):
            raise UsageError(f"tiles of {spec.name} are at least {smallest_tile(spec)} pixels")
        self._network = network
        self._spec = spec
        self._device = device
        self._precision = precision
        self._asked = None if tile is None else -(-tile // spec.stride) * spec.stride
        self.tiles = 0
        self.tile: int | None = None

    def __call__(self, x: Tensor, progress: Progress | None = None) -> Tensor:
        """N x 1 x H x W float32. Raises ``DeviceError`` when even small tiles do not fit."""
        advance = progress or (lambda _done, _total: None)
        height, width = x.shape[-2:]
        tile = self._asked or fitting_tile(height * len(x), width, self._spec, self._device)
        while True:
            try:
                with computing(self._precision, self._device):
                    return self._attempt(x, tile, advance)
            except torch.OutOfMemoryError:
                tile = self._smaller(tile or max(height, width))
                torch.cuda.empty_cache()

    def _smaller(self, tile: int) -> int:
        smallest = smallest_tile(self._spec)
        if tile <= smallest:
            raise DeviceError(
                f"out of memory on {self._device}, even in tiles of {smallest} pixels",
                "close other programs, or use --device cpu",
            )
        return max(tile // 2 // self._spec.stride * self._spec.stride, smallest)

    def _attempt(self, x: Tensor, tile: int | None, advance: Progress) -> Tensor:
        height, width = x.shape[-2:]
        side = tile or max(height, width)
        plan = plan_tiles(height, width, side, self._spec.margin, self._spec.stride)
        if len(plan) == 1:
            self.tiles, self.tile = 1, None
            return self._evaluate(self._to_device(x)).float().cpu()
        undo: list[Callable[[], None]] = []
        try:
            pools = global_pools(self._network)
            steps = _Steps(len(plan) * (len(pools) + 1), advance)
            for pool in pools:
                mean = measure(pool, self._evaluate, self._inputs(x, plan, steps))
                undo.append(replay(pool, mean))
            return self._blend(x, plan, side, steps)
        finally:
            for step in undo:
                step()

    def _blend(self, x: Tensor, plan: list[Tile], side: int, steps: _Steps) -> Tensor:
        alpha = torch.zeros(len(x), 1, *x.shape[-2:])
        self.tiles, self.tile = 0, side
        for tile in plan:
            steps.advance()
            rows, columns = tile.window
            shares = torch.from_numpy(tile.weights())
            if not self._has_unknown(x[:, 3, rows, columns], shares):
                continue
            part = self._evaluate(self._to_device(x[..., rows, columns])).float().cpu()
            alpha[..., rows, columns] += part * shares
            self.tiles += 1
        return alpha

    @staticmethod
    def _has_unknown(trimap: Tensor, shares: Tensor) -> bool:
        unknown = (trimap > KNOWN_MARGIN) & (trimap < 1 - KNOWN_MARGIN)
        return bool((unknown & (shares > 0)).any())

    def _inputs(
        self, x: Tensor, plan: list[Tile], steps: _Steps
    ) -> Iterator[tuple[Tensor, Tensor]]:
        for tile in plan:
            steps.advance()
            rows, columns = tile.window
            shares = torch.from_numpy(tile.weights()).to(self._device)
            yield self._to_device(x[..., rows, columns]), shares

    def _to_device(self, x: Tensor) -> Tensor:
        return x.to(self._device).contiguous(memory_format=torch.channels_last)

    def _evaluate(self, x: Tensor) -> Tensor:
        alpha: Tensor = self._network(x)
        return alpha
