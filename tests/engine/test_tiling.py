from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.memory import smallest_tile
from indexnet_cli.engine.tiling import plan_spans, plan_tiles
from indexnet_cli.errors import DeviceError, UsageError
from indexnet_cli.models.registry import resolve_model

SPEC = resolve_model("indexnet.open")


@given(
    cells=st.integers(1, 200),
    tile_cells=st.integers(3, 60),
    margin_cells=st.integers(0, 28),
    stride=st.sampled_from([8, 32]),
)
def test_shares_sum_to_one_and_context_is_kept(
    cells: int, tile_cells: int, margin_cells: int, stride: int
) -> None:
    length, tile, margin = cells * stride, tile_cells * stride, margin_cells * stride
    if length > tile and (margin == 0 or tile < 2 * margin + stride):
        with pytest.raises(ValueError, match="too small"):
            plan_spans(length, tile, margin, stride)
        return
    total = np.zeros(length)
    for span in plan_spans(length, tile, margin, stride):
        assert span.start % stride == 0
        assert span.stop - span.start <= tile
        shares = span.weights()
        total[span.start : span.stop] += shares
        used = np.flatnonzero(shares) + span.start
        if span.start > 0:
            assert used[0] - span.start >= margin - stride // 2
        if span.stop < length:
            assert span.stop - 1 - used[-1] >= margin - stride // 2 - 1
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_tiles_cover_both_directions() -> None:
    total = np.zeros((96, 160), np.float32)
    for tile in plan_tiles(96, 160, 64, 16, 16):
        total[tile.window] += tile.weights()
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.fixture
def long_strip() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (32, 1632, 3), dtype=np.uint8)
    trimap = np.full((32, 1632), 128, np.uint8)
    trimap[:8, :500] = 0
    trimap[24:, 900:] = 255
    return image, trimap


def test_tiles_do_not_show(
    seeded_network: nn.Module, long_strip: tuple[np.ndarray, np.ndarray]
) -> None:
    whole = Matter.from_network(seeded_network, SPEC).matte(*long_strip)
    matter = Matter.from_network(seeded_network, SPEC, tile=smallest_tile(SPEC))
    seen: list[tuple[int, int]] = []
    matter.on_progress = lambda done, total: seen.append((done, total))
    tiled = matter.matte(*long_strip)
    assert matter.report.tiles > 1
    assert np.abs(tiled - whole).max() <= 1e-4
    assert seen == [(step, len(seen)) for step in range(len(seen))]


def test_windows_without_unknown_pixels_are_skipped(
    seeded_network: nn.Module, long_strip: tuple[np.ndarray, np.ndarray]
) -> None:
    image, trimap = long_strip
    trimap = trimap.copy()
    trimap[:, 400:] = 255
    matter = Matter.from_network(seeded_network, SPEC, tile=smallest_tile(SPEC))
    alpha = matter.matte(image, trimap)
    assert matter.report.tiles == 1
    assert (alpha[:, 400:] == 1).all()


class _FailsAbove(nn.Module):
    """Runs out of memory for inputs wider than ``width``."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1] > self.width:
            raise torch.OutOfMemoryError
        return x[:, :1]


def test_smaller_tiles_when_memory_runs_out(long_strip: tuple[np.ndarray, np.ndarray]) -> None:
    matter = Matter.from_network(_FailsAbove(1200), SPEC)
    matter.matte(*long_strip)
    assert matter.report.tile == smallest_tile(SPEC)


def test_out_of_memory_at_last(long_strip: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(DeviceError, match="out of memory"):
        Matter.from_network(_FailsAbove(100), SPEC).matte(*long_strip)


def test_a_tile_smaller_than_its_margins_is_refused() -> None:
    with pytest.raises(UsageError):
        Matter.from_network(_FailsAbove(2000), SPEC, tile=256)
