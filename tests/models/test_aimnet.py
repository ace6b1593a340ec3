"""AimNet against numbers of the published code."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.aimnet import AimNet, build_aimnet
from indexnet_cli.models.aimnet.fusion import fuse
from indexnet_cli.models.aimnet.unpooling import max_unpool
from indexnet_cli.models.counting import count_parameters
from indexnet_cli.models.folding import set_folded
from tests.golden.reading import golden_input, read_arrays, read_json, seeded_aimnet

GOLDEN = read_arrays("aimnet.npz")
MIDS = sorted(name for name in GOLDEN if name.startswith("mid_"))
INPUTS = {"mid_decoder0_l_in_c1": "decoder0_l", "mid_decoder_final_l_in_c1": "decoder_final_l"}


@pytest.fixture(scope="module")
def aimnet() -> AimNet:
    with torch.device("meta"):  # 55 million weights need not be drawn twice
        network = build_aimnet()
    network.load_state_dict(seeded_aimnet(), strict=True, assign=True)
    network.eval()
    return network


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "folded"])
def network(request: pytest.FixtureRequest, aimnet: AimNet) -> nn.Module:
    return set_folded(aimnet, request.param)


def seeded_image() -> Tensor:
    return golden_input(GOLDEN, "64x96")[:, :3]


def recorded_maps(network: AimNet) -> dict[str, Tensor]:
    """What enters and leaves every part, by the goldens' names."""
    maps: dict[str, Tensor] = {}

    def record(name: str) -> Any:
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
            maps[f"mid_{name}_in"] = inputs[0].clone()
            if isinstance(output, Tensor):
                maps[f"mid_{name}"] = output.clone()

        return hook

    handles = [
        module.register_forward_hook(record(name))
        for name, module in [*network.named_children(), *network.resnet.named_children()]
    ]
    with torch.inference_mode():
        features = network.resnet(seeded_image())
        network(seeded_image())
    for handle in handles:
        handle.remove()
    maps["mid_mp0"] = F.max_pool2d(features.maps[0], 3, 2, 1)
    for level in (0, 1, 3, 4):
        maps[f"mid_encoder{level}"] = features.maps[level]
    maps["mid_decoder0_g_spatial_raw"] = maps["mid_decoder0_g_spatial"]
    return maps


def test_keys_are_the_published_ones_in_their_order() -> None:
    published = read_json("aimnet_keys.json.gz")
    with torch.device("meta"):
        network = build_aimnet()
    assert [[key, list(value.shape)] for key, value in network.state_dict().items()] == [
        [key, shape] for key, shape, _ in published["keys"] if key not in published["aliases"]
    ]
    assert count_parameters(network) == 55_298_191


def test_outputs(network: AimNet) -> None:
    with torch.inference_mode():
        estimate = network(seeded_image())
    for name, found in zip(("semantic", "matting", "fused"), estimate, strict=True):
        expected = torch.from_numpy(GOLDEN[f"{name}_64x96"])
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_a_near_tie_of_pooling(network: nn.Module) -> None:
    """The matting map of an input of which one window's maxima differ by rounding."""
    with torch.inference_mode():
        _, matting, _ = network(golden_input(GOLDEN, "160x224")[:, :3].contiguous())
    expected = torch.from_numpy(GOLDEN["matting_160x224"])
    torch.testing.assert_close(matting, expected, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def maps(aimnet: AimNet) -> dict[str, Tensor]:
    set_folded(aimnet, False)
    return recorded_maps(aimnet)


@pytest.mark.parametrize("mid", MIDS)
def test_intermediate_maps(maps: dict[str, Tensor], mid: str) -> None:
    expected = torch.from_numpy(GOLDEN[mid]).float()
    name, _, channels = mid.partition("_c")
    found = maps[name][:, : int(channels)] if channels else maps[name]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-2)


def test_unpooling_lets_the_last_window_win() -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(2, 3, 8, 12, generator=generator)
    x[0, 0] = 0.5  # ties
    pooled, indices = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    values = torch.rand(pooled.shape, generator=generator)
    expected = torch.zeros_like(x)
    for plane in range(6):
        flat = expected.view(6, -1)[plane]
        for index, value in zip(indices.view(6, -1)[plane], values.view(6, -1)[plane], strict=True):
            flat[index] = value
    assert len(indices.view(6, -1)[1].unique()) < pooled[0, 0].numel()  # some indices repeat
    assert torch.equal(max_unpool(values, indices), expected)


def test_fusion() -> None:
    scores = torch.tensor([[0.9, 0.1, 0.2], [0.8, 0.7, 0.2], [0.1, 0.3, 0.8]])
    matting = torch.full((1, 1, 1, 3), 0.25)
    assert fuse(scores[None, :, None, :], matting).flatten().tolist() == [0.0, 0.25, 1.0]
