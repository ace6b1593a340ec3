"""The released IndexNet against numbers of the published code."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.checkpoints.conversion import official_key
from indexnet_cli.models.folding import set_folded
from indexnet_cli.models.indexnet import build_indexnet
from indexnet_cli.models.indexnet.index_blocks import index_map
from tests.golden.reading import (
    golden_input,
    read_arrays,
    read_configurations,
    read_json,
    seeded_tensors,
)

GOLDEN = read_arrays("indexnet_released.npz")
KEYS = read_configurations()["m2o_nl1_c1"].keys
MIDS = sorted(name for name in GOLDEN if name.startswith("mid_"))
POOLED_INTO = {"pool0": "layer1", "pool2": "layer3", "pool6": "layer7"}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "folded"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    network = build_indexnet()
    network.load_state_dict(seeded_tensors(KEYS), strict=True)
    return set_folded(network.eval(), request.param)


def recorded_maps(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Every stage's output by its name, and what enters the stages behind a pooling."""
    maps: dict[str, Tensor] = {}

    def record(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Any) -> None:
            if name.startswith("index"):
                maps[f"{name}_enc"], maps[f"{name}_dec"] = map(index_map, output)
            else:
                maps[name] = output.clone()

        return hook

    handles = [
        child.register_forward_hook(record(name)) for name, child in network.named_children()
    ]
    for pool, stage in POOLED_INTO.items():

        def keep(_module: nn.Module, inputs: tuple[Tensor, ...], pool: str = pool) -> None:
            maps[pool] = inputs[0].clone()

        handles.append(network.get_submodule(stage).register_forward_pre_hook(keep))
    with torch.inference_mode():
        network(x)
    for handle in handles:
        handle.remove()
    return maps


def test_keys_are_the_published_ones_in_their_order() -> None:
    state = build_indexnet().state_dict()
    assert [(key, list(value.shape)) for key, value in state.items()] == [
        (key, shape) for key, shape, _dtype in KEYS
    ]


@pytest.mark.parametrize("size", ["64x96", "160x224", "320x320"])
def test_alpha(network: nn.Module, size: str) -> None:
    with torch.inference_mode():
        alpha = network(golden_input(GOLDEN, size))
    expected = torch.from_numpy(GOLDEN[f"alpha_{size}"])
    torch.testing.assert_close(alpha, expected, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def maps(network: nn.Module) -> dict[str, Tensor]:
    return recorded_maps(network, golden_input(GOLDEN, "64x96"))


@pytest.mark.parametrize("mid", MIDS)
def test_intermediate_maps(maps: dict[str, Tensor], mid: str) -> None:
    expected = torch.from_numpy(GOLDEN[mid]).float()
    actual = maps[mid.removeprefix("mid_").removesuffix("_c8")]
    if mid.endswith("_c8"):
        actual = actual[:, :8]
    torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-2)


def test_a_batch_gives_what_its_members_give(network: nn.Module) -> None:
    first = golden_input(GOLDEN, "64x96")
    with torch.inference_mode():
        both = network(torch.cat([first, first.flip(3)]))
        alone = network(first.flip(3))
    torch.testing.assert_close(both[1:], alone, rtol=0, atol=1e-5)


def test_folding_leaves_gradients_as_they_are() -> None:
    x = golden_input(GOLDEN, "64x96").double()  # in float32 a rounding can cross a ReLU6's knee
    gradients = []
    for folded in (False, True):
        network = build_indexnet()
        network.load_state_dict(seeded_tensors(KEYS))
        set_folded(network.double().eval(), folded)(x).square().mean().backward()
        gradients.append({name: p.grad for name, p in network.named_parameters()})
    for name, plain in gradients[0].items():
        folded_gradient = gradients[1][name]
        assert plain is not None
        assert folded_gradient is not None
        scale = float(plain.abs().max()) + 1e-12
        difference = folded_gradient - plain
        assert float(difference.abs().max()) <= 1e-9 * scale, name


def test_openmmlab_keys_correspond_one_to_one() -> None:
    pairs = read_json("indexnet_openmmlab_keys.json.gz")
    assert [official for official, _other in pairs] == [key for key, _shape, _dtype in KEYS]
    assert [official_key(other) for _official, other in pairs] == [key for key, _ in pairs]


def test_openmmlab_alpha() -> None:
    arrays = read_arrays("indexnet_openmmlab.npz")
    other_keys = [other for _official, other in read_json("indexnet_openmmlab_keys.json.gz")]
    named = [
        [other, shape, dtype] for other, (_, shape, dtype) in zip(other_keys, KEYS, strict=True)
    ]
    state = {official_key(key): value for key, value in seeded_tensors(named).items()}
    network = build_indexnet().eval()
    network.load_state_dict(state, strict=True)
    with torch.inference_mode():
        alpha = network(golden_input(arrays, "64x96"))
    expected = torch.from_numpy(arrays["alpha_64x96"])
    torch.testing.assert_close(alpha, expected, rtol=0, atol=1e-5)
