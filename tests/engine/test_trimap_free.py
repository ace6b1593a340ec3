"""Matting without a trimap: sizes, strategies, fusion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.engine import trimap_free
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.strategies import LOCAL_RATIOS, Strategy
from indexnet_cli.engine.trimap_free import network_length
from indexnet_cli.errors import DeviceError, InputError, UsageError
from indexnet_cli.models.aimnet import Estimate, build_aimnet
from indexnet_cli.models.registry import resolve_model
from tests.golden.reading import read_arrays, seeded_aimnet_for_paths

GOLDEN = read_arrays("aimnet_path.npz")
SPEC = resolve_model("aimnet")
STRATEGIES = tuple(LOCAL_RATIOS)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    with torch.device("meta"):
        network = build_aimnet()
    network.load_state_dict(seeded_aimnet_for_paths(), assign=True)
    return network


def golden_levels(rule: str, strategy: Strategy) -> np.ndarray:
    return GOLDEN[f"{rule}_{strategy.replace('-', '_')}"].astype(int)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_published_grey_levels(network: nn.Module, strategy: Strategy) -> None:
    matter = Matter.from_network(network, SPEC, align="resize", strategy=strategy)
    levels = np.rint(matter.matte(GOLDEN["rgb"]) * 255).astype(int)
    difference = np.abs(levels - golden_levels("sk0145", strategy))
    assert (difference > 0).mean() <= 5e-4
    assert difference.max() <= 1
    assert matter.report.strategy == strategy


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_default_differs_from_current_scikit_image_by_its_specks_alone(
    network: nn.Module, strategy: Strategy
) -> None:
    found = Matter.from_network(network, SPEC, strategy=strategy).find(GOLDEN["rgb"])
    levels = np.floor(found.alpha * np.float32(255)).astype(int)
    wrong = np.abs(levels - golden_levels("sk026", strategy)) > 1
    assert wrong.mean() <= (0 if strategy == "resize" else 5e-3)
    assert (found.trimap[wrong] == 255).all()


def test_alpha_is_exact_where_the_trimap_found_is_known(network: nn.Module) -> None:
    found = Matter.from_network(network, SPEC).find(GOLDEN["rgb"])
    assert set(np.unique(found.trimap)) == {0, 128, 255}
    assert (found.alpha[found.trimap == 0] == 0).all()
    assert (found.alpha[found.trimap == 255] == 1).all()
    assert 0 < found.alpha[found.trimap == 128].mean() < 1


class Halves(nn.Module):
    """Foreground at the left, background at the right, transition in between; keeps the sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, int]] = []

    def __deepcopy__(self, memo: object) -> Halves:
        return self  # a Matter works on a copy; the sizes are to be seen here

    def forward(self, x: Tensor) -> Estimate:
        height, width = x.shape[-2:]
        self.sizes.append((height, width))
        scores = torch.zeros(1, 3, height, width)
        scores[:, 2, :, : width // 4] = 1
        scores[:, 1, :, width // 4 : -width // 4] = 1
        scores[:, 0, :, -width // 4 :] = 1
        matting = torch.full((1, 1, height, width), 0.5)
        return Estimate(scores, matting, matting)


@pytest.mark.parametrize(
    ("height", "width", "strategy", "sizes"),
    [
        (268, 300, "hybrid-third", [(64, 64), (64, 96)]),
        (268, 300, "hybrid-half", [(64, 64), (128, 128)]),
        (268, 300, "resize", [(64, 64)]),
        (2160, 1620, "hybrid-third", [(352, 256), (480, 352)]),  # by way of 1440 x 1080
        (200, 6500, "hybrid-third", [(32, 1600), (64, 1600)]),
        (20, 31, "hybrid-third", [(32, 32), (32, 32)]),
    ],
)
@pytest.mark.parametrize("align", ["pad", "resize"])
def test_sizes(
    height: int, width: int, strategy: Strategy, sizes: list[tuple[int, int]], align: str
) -> None:
    network = Halves()
    matter = Matter.from_network(network, SPEC, align=align, strategy=strategy)
    found = matter.find(np.zeros((height, width, 3), np.uint8))
    assert network.sizes == sizes
    assert found.alpha.shape == found.trimap.shape == (height, width)
    rows = found.trimap[height // 2]
    # Not from the first pixel on: by the published rule what lies outside is black.
    assert (rows[width // 8], rows[width // 2], rows[-1]) == (255, 128, 0)
    assert (np.diff(rows[width // 8 :].astype(int)) <= 0).all()
    alpha = found.alpha[height // 2]
    assert (alpha[rows == 255] == 1).all()
    assert (alpha[rows == 0] == 0).all()


def test_without_shrinking_first() -> None:
    published = replace(SPEC.published, shorter_side=None)
    network = Halves()
    matter = Matter.from_network(network, replace(SPEC, published=published))
    matter.find(np.zeros((1300, 1300, 3), np.uint8))
    assert network.sizes == [(320, 320), (416, 416)]


def test_network_length_is_a_multiple_of_the_stride_within_bounds() -> None:
    assert [network_length(side, 1 / 4, 32) for side in (1, 127, 128, 255, 256, 9999)] == [
        32,
        32,
        32,
        32,
        64,
        1600,
    ]


def test_image_types_agree() -> None:
    class Sees(nn.Module):
        def forward(self, x: Tensor) -> Estimate:
            scores = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, *x.shape[-2:])
            matting = torch.sigmoid(x[:, :1])
            return Estimate(scores, matting, matting)

    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    matter = Matter.from_network(Sees(), SPEC)
    expected = matter.matte(image)
    for same in (image.astype(np.uint16) * 257, image / 255, (image / 255).astype(np.float32)):
        np.testing.assert_allclose(matter.matte(same), expected, atol=1e-6)


def test_progress_counts_the_passes() -> None:
    matter = Matter.from_network(Halves(), SPEC)
    seen: list[tuple[int, int]] = []
    matter.on_progress = lambda done, total: seen.append((done, total))
    matter.find(np.zeros((128, 128, 3), np.uint8))
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_too_little_memory_is_said_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Halves()
    monkeypatch.setattr(trimap_free, "available_bytes", lambda _device: 1 << 20)
    with pytest.raises(DeviceError, match="GB") as raised:
        Matter.from_network(network, SPEC).find(np.zeros((400, 400, 3), np.uint8))
    assert "--strategy resize" in raised.value.hint
    assert network.sizes == []


def test_what_does_not_go_together(seeded_network: nn.Module) -> None:
    image, trimap = np.zeros((64, 64, 3), np.uint8), np.full((64, 64), 128, np.uint8)
    with_trimap = Matter.from_network(seeded_network, resolve_model("indexnet"))
    without = Matter.from_network(Halves(), SPEC)
    with pytest.raises(UsageError, match="needs a trimap"):
        with_trimap.matte(image)
    with pytest.raises(UsageError, match="needs a trimap"):
        with_trimap.find(image)
    with pytest.raises(UsageError, match="takes no trimap"):
        without.matte(image, trimap)
    with pytest.raises(UsageError, match="takes no trimap"):
        without.matte_tensor(torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    with pytest.raises(InputError, match="H x W x 3"):
        without.matte(trimap)
    with pytest.raises(UsageError, match="unknown strategy"):
        Matter.from_network(Halves(), SPEC, strategy="hybrid")  # type: ignore[arg-type]
