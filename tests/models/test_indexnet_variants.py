"""Every published configuration: keys, parameters, multiply-adds and outputs."""

from __future__ import annotations

import pytest
import torch

from indexnet_cli.models.counting import count_multiply_adds, count_parameters
from indexnet_cli.models.folding import bake, set_folded
from indexnet_cli.models.indexnet import IndexNetConfig, build_indexnet, build_small_indexnet
from indexnet_cli.models.indexnet.config import Widths
from tests.golden.reading import (
    golden_input,
    read_arrays,
    read_configurations,
    seeded_tensors,
)

CONFIGURATIONS = read_configurations()
GOLDEN = read_arrays("indexnet_variants.npz")
# In units of 2**30 at 224x224, as the authors count.
MULTIPLY_ADDS = {
    "hin_nl0_c0": 4.089,
    "hin_nl0_c1": 4.112,
    "hin_nl1_c0": 4.215,
    "hin_nl1_c1": 4.607,
    "o2o_nl0_c0": 4.089,
    "o2o_nl0_c1": 4.112,
    "o2o_nl1_c0": 4.091,
    "o2o_nl1_c1": 4.114,
    "m2o_nl0_c0": 4.342,
    "m2o_nl0_c1": 5.125,
    "m2o_nl1_c0": 4.407,
    "m2o_nl1_c1": 5.190,
    "m2o_nl1_c1_noaspp": 5.167,
    "m2o_nl1_c1_dwconv": 2.132,
    "m2o_nl1_c1_k3": 3.054,
    "m2o_nl1_c1_os16": 5.282,
    "unet_os32": 4.081,
    "unet_w1.4": 7.673,
}


def build(name: str) -> torch.nn.Module:
    return build_indexnet(IndexNetConfig(**CONFIGURATIONS[name].options))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_alpha_plain_and_folded(name: str) -> None:
    configuration = CONFIGURATIONS[name]
    decoder = configuration.options.get("decoder", "indexnet")
    size = "65x97" if decoder in ("deeplabv3+", "refinenet") else "64x96"
    # See tests/golden/README.md for the exception.
    tolerance = 1e-4 if decoder == "deeplabv3+" else 1e-5
    network = build(name).eval()
    network.load_state_dict(seeded_tensors(configuration.keys), strict=True)
    expected = torch.from_numpy(GOLDEN[f"alpha_{name}"])
    for folded in (False, True):
        with torch.inference_mode():
            alpha = set_folded(network, folded)(golden_input(GOLDEN, size))
        torch.testing.assert_close(alpha, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_keys_and_parameters(name: str) -> None:
    configuration = CONFIGURATIONS[name]
    with torch.device("meta"):
        network = build(name)
    state = network.state_dict()
    assert [(key, list(value.shape)) for key, value in state.items()] == [
        (key, shape) for key, shape, _dtype in configuration.keys
    ]
    assert count_parameters(network) == configuration.parameters


@pytest.mark.parametrize(("name", "expected"), MULTIPLY_ADDS.items())
def test_multiply_adds(name: str, expected: float) -> None:
    with torch.device("meta"):
        network = build(name)
    assert count_multiply_adds(network, 224, 224) / 2**30 == pytest.approx(expected, abs=6e-4)


def test_counting_leaves_the_network_as_it_was() -> None:
    network = set_folded(build_indexnet().train())
    assert count_multiply_adds(network, 224, 224) / 2**30 == pytest.approx(5.190, abs=6e-4)
    assert network.training
    assert all(module.training for module in network.modules())
    assert network.get_submodule("layer0").folded
    assert next(network.parameters()).device.type == "cpu"


@pytest.mark.parametrize(
    "options",
    [
        {"output_stride": 8},
        {"output_stride": 64},
        {"decoder": "deeplabv3+", "output_stride": 8},
        {"decoder": "refinenet", "output_stride": 8},
        {"width_mult": 1.4},
        {"decoder": "deeplabv3+", "width_mult": 0.5},
        {"decoder": "refinenet", "width_mult": 0.5},
        {"decoder": "unet_style", "width_mult": 0.0},
        {"decoder": "fpn"},
        {"index_kind": "depthwise"},
        {"conv_operator": "conv"},
        {"decoder_kernel_size": 4},
        {"decoder": "refinenet", "widths": Widths(decoder={6: 24})},
    ],
    ids=str,
)
def test_unpublished_combinations_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        build_indexnet(IndexNetConfig(**options))  # type: ignore[arg-type]


def test_the_small_network_has_two_fifths_of_the_parameters_and_three_fifths_of_the_work() -> None:
    with torch.device("meta"):
        small, released = build_small_indexnet(), build_indexnet()
    assert list(small.state_dict()) == list(released.state_dict())
    assert count_parameters(small) < 0.4 * count_parameters(released)
    assert count_multiply_adds(small, 224, 224) < 0.6 * count_multiply_adds(released, 224, 224)


def test_the_small_network_folded_and_baked() -> None:
    torch.manual_seed(0)
    network = build_small_indexnet().eval()
    x = torch.rand((1, 4, 64, 96), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        plain = network(x)
        folded = set_folded(network, True)(x)
        baked = bake(network)(x)
    assert plain.std() > 1e-3
    torch.testing.assert_close(folded, plain, rtol=0, atol=1e-5)
    torch.testing.assert_close(baked, plain, rtol=0, atol=1e-5)
