"""The staged forward pass gives the whole picture's values, whatever the regions."""

from __future__ import annotations

from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from indexnet_cli.engine import staged_forward
from indexnet_cli.engine.inputs import NetworkInput
from indexnet_cli.engine.memory import MemoryBudget
from indexnet_cli.engine.regions import Region, grid
from indexnet_cli.engine.spans import Span
from indexnet_cli.engine.staged_forward import StagedForward, cut_into_spans, looked_at, targets
from indexnet_cli.errors import DeviceError
from indexnet_cli.models.folding import bake
from indexnet_cli.models.indexnet import IndexNet, IndexNetConfig

CPU = torch.device("cpu")
VARIANTS = {
    "released": IndexNetConfig(),
    "output stride 16": IndexNetConfig(output_stride=16),
    "holistic, linear, 2x2": IndexNetConfig(index_kind="holistic", nonlinear=False, context=False),
    "one-to-one, separable, 3x3": IndexNetConfig(
        index_kind="o2o", conv_operator="dep_sep_conv", decoder_kernel_size=3
    ),
    "without ASPP": IndexNetConfig(aspp=False),
}


@cache
def networks(variant: str) -> tuple[IndexNet, IndexNet]:
    """The same weights as published modules and baked, with statistics that are not trivial."""
    torch.manual_seed(0)
    pair = IndexNet(VARIANTS[variant]).eval(), IndexNet(VARIANTS[variant]).eval()
    for module in pair[0].modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.bias.data.uniform_(0.1, 1)
    pair[1].load_state_dict(pair[0].state_dict())
    bake(pair[1])
    return pair


def worst(
    variant: str, x: Tensor, unknown: np.ndarray, tile: int | None = None, kept_bytes: int = 1 << 30
) -> float:
    """The largest difference from the plain pass in the unknown region, as a share of its range.

    ``kept_bytes``: how much of the skips is kept for the whole picture.
    """
    plain, staged = networks(variant)
    with torch.inference_mode():
        expected = plain(x)
    forward = StagedForward(staged, MemoryBudget(CPU), "fp32", tile)
    source = NetworkInput(unknown.shape, unknown, lambda region: x[(..., *region.slices)])
    with patch.object(staged_forward, "KEPT_SKIP_BYTES", kept_bytes):
        alpha = forward(source)
    difference = (alpha - expected)[0, 0].numpy()[unknown]
    return float(np.abs(difference).max() / (expected.max() - expected.min()))


@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_any_size_trimap_and_tile(data: st.DataObject) -> None:
    height, width = (32 * data.draw(st.integers(1, 5)) for _ in range(2))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    unknown = rng.random((height, width)) < data.draw(st.sampled_from([0.001, 0.1, 1.0]))
    unknown[rng.integers(height), rng.integers(width)] = True
    x = torch.from_numpy(rng.standard_normal((1, 4, height, width), dtype=np.float32))
    tile = data.draw(st.sampled_from([32, 64, 96, 160]))
    kept_bytes = data.draw(st.sampled_from([0, 1 << 20, 1 << 30]))
    assert worst("released", x, unknown, tile, kept_bytes) < 1e-5


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant(variant: str) -> None:
    x = torch.randn(1, 4, 96, 128, generator=torch.Generator().manual_seed(1))
    unknown = np.ones((96, 128), bool)
    for kept_bytes in (0, 1 << 30):
        assert worst(variant, x, unknown, 32, kept_bytes) < 1e-5
    assert worst(variant, x, unknown) < 1e-5


def test_the_bottom_in_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(1, 4, 32 * 34, 32 * 16, generator=torch.Generator().manual_seed(1))
    unknown = np.zeros(x.shape[2:], bool)
    unknown[500:520, 400:440] = True
    looked_at_deepest = []
    deepest = IndexNet.deepest

    def counted(self: IndexNet, features: Tensor) -> Tensor:
        looked_at_deepest.append(features.shape[2:])
        return deepest(self, features)

    monkeypatch.setattr(IndexNet, "deepest", counted)
    monkeypatch.setattr(MemoryBudget, "free", lambda budget: 32 << 20)
    assert worst("released", x, unknown) < 1e-5
    assert len(looked_at_deepest) > 1  # one region needs no mean of the whole


def forward_in(monkeypatch: pytest.MonkeyPatch, free: int) -> StagedForward:
    """A forward pass of zeros with ``free`` bytes for one region."""
    monkeypatch.setattr(MemoryBudget, "free", lambda budget: free)
    _, staged = networks("released")
    return StagedForward(staged, MemoryBudget(CPU), "fp32")


def zeros(unknown: np.ndarray) -> NetworkInput:
    return NetworkInput(unknown.shape, unknown, lambda region: torch.zeros(1, 4, *region.size))


def test_the_tile_follows_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = []
    for free in (1 << 30, 20 << 20):
        forward = forward_in(monkeypatch, free)
        forward(zeros(np.ones((128, 160), bool)))
        tiles.append(forward.tile)
    assert tiles[0] == 160
    assert tiles[0] > tiles[1]


def test_too_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceError, match="more memory"):
        forward_in(monkeypatch, 1 << 20)(zeros(np.ones((128, 160), bool)))


def test_regions_shrink_when_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = forward_in(monkeypatch, 1 << 30)
    attempt, tried = StagedForward._attempt, []

    def fails_once(self: StagedForward, *arguments: Any) -> Tensor:
        tried.append(self._region_bytes)
        if len(tried) == 1:
            raise torch.OutOfMemoryError
        return attempt(self, *arguments)

    monkeypatch.setattr(StagedForward, "_attempt", fails_once)
    forward(zeros(np.ones((64, 64), bool)))
    assert tried[1] == tried[0] // 2


def test_out_of_memory_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: StagedForward, *arguments: Any) -> Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(StagedForward, "_attempt", fails)
    with pytest.raises(DeviceError, match="out of memory"):
        forward_in(monkeypatch, 1 << 30)(zeros(np.ones((64, 64), bool)))


def test_regions_without_unknown_pixels_are_not_decoded() -> None:
    _, staged = networks("released")
    unknown = np.zeros((256, 256), bool)
    unknown[200:210, 40:50] = True
    forward = StagedForward(staged, MemoryBudget(CPU), "fp32", tile=64)
    reported = []
    forward(zeros(unknown), lambda done, total: reported.append((done, total)))
    assert forward.tiles == 1
    assert [done for done, _ in reported] == list(range(reported[0][1]))


def test_reach_is_exact() -> None:
    """A change just outside the reach leaves a pixel alone, one inside it does not."""
    network, _ = networks("released")
    x = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    reach = network.encode_reach(0)
    with torch.inference_mode():
        before = network.encode(0, x).pooled
        for distance, same in ((reach + 1, True), (reach, False)):
            changed = x.clone()
            changed[..., 32 + 1 + distance] += 1  # right of cell 16, which holds columns 32, 33
            after = network.encode(0, changed).pooled
            assert torch.equal(before[..., 16], after[..., 16]) == same


def test_spans_cover_all_stages_once() -> None:
    network, _ = networks("released")
    spans = cut_into_spans(network, (64, 96))
    assert [stage for span in spans for stage in span.stages] == [0, 1, 2, 3, 4]
    assert spans[0].pooled_size == spans[1].size == (16, 24)


def test_what_a_decoder_looks_at() -> None:
    span = Span(stages=(0, 1), size=(64, 64), encode_reach=(2, 4), decode_reach=(6, 4))
    wanted = np.zeros((64, 64), bool)
    wanted[32, 32] = True
    rows, columns = np.nonzero(looked_at(wanted, span))
    _, behind = span.decoder_regions(Region(32, 33, 32, 33))
    for found, first, last in (
        (rows, behind.top, behind.bottom),
        (columns, behind.left, behind.right),
    ):
        assert found.min() <= first
        assert found.max() + 1 >= last


@given(
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    tile=st.sampled_from([32, 64]),
    seed=st.integers(0, 99),
)
def test_targets_hold_every_wanted_pixel(height: int, width: int, tile: int, seed: int) -> None:
    wanted = np.random.default_rng(seed).random((32 * height, 32 * width)) < 0.0005
    covered = np.zeros_like(wanted)
    for target in targets(wanted, tile):
        covered[target.slices] = True
    assert (covered >= wanted).all()


def test_a_grid_covers_a_map_once() -> None:
    seen = np.zeros((70, 50), int)
    for region in grid(70, 50, 32):
        seen[region.slices] += 1
    assert (seen == 1).all()
