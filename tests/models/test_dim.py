"""Deep Image Matting, both implementations, against numbers of the published code."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.models.counting import count_parameters
from indexnet_cli.models.dim import ChainerDeepImageMatting, DeepImageMatting
from indexnet_cli.models.dim.chainer import spread
from tests.golden.reading import golden_input, read_arrays
from tests.golden.vgg16 import CHAINER, WITHOUT_SKIP, read_keys, seeded_tensors_of

GOLDEN = read_arrays("dim.npz")
SIZES = ("64x96", "160x224")
MIDS = sorted(name for name in GOLDEN if "_mid_" in name)


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return seeded_tensors_of(read_keys("dim.refine-skip"))


@pytest.fixture(scope="module")
def with_skip(state: dict[str, Tensor]) -> DeepImageMatting:
    network = DeepImageMatting(skip=True, refine=True)
    network.load_state_dict(state, strict=True)
    return network.eval()


@pytest.fixture(scope="module")
def without_skip(state: dict[str, Tensor]) -> DeepImageMatting:
    network = DeepImageMatting(skip=False)
    keys = read_keys("dim.stage1-skip")
    scaled = {key: state[key] * WITHOUT_SKIP.get(key, 1.0) for key, _shape, _dtype in keys}
    network.load_state_dict(scaled, strict=True)
    return network.eval()


@pytest.mark.parametrize(
    ("model", "options", "parameters"),
    [
        ("dim.stage1-skip", {"skip": True}, 28_297_153),
        ("dim.stage1-skip", {"skip": False}, 28_297_153),
        ("dim.refine-skip", {"refine": True}, 28_373_954),
        ("dim.stage1-conv1x1", {"skip": False, "conv6_kernel": 1}, 26_200_001),
    ],
)
def test_keys_are_the_published_ones_in_their_order(
    model: str, options: dict[str, Any], parameters: int
) -> None:
    with torch.device("meta"):
        network = DeepImageMatting(**options)
    assert [(key, list(value.shape)) for key, value in network.state_dict().items()] == [
        (key, shape) for key, shape, _dtype in read_keys(model)
    ]
    assert count_parameters(network) == parameters


# Which of two nearly equal values a max-pool keeps is decided by the last bit of a float32
# convolution, and that bit by the processor: in float64 every processor keeps the published places.


@pytest.mark.parametrize("size", SIZES)
def test_alpha_with_skip_and_refined(with_skip: DeepImageMatting, size: str) -> None:
    network = copy.deepcopy(with_skip).double()
    x = golden_input(GOLDEN, size).double()
    with torch.inference_mode():
        coarse, refined = network.predictions(x)
        assert torch.equal(network(x), refined)
    for found, name in ((coarse, "skip_pred_mattes"), (refined, "refine_pred_alpha")):
        expected = torch.from_numpy(GOLDEN[f"{name}_{size}"])
        torch.testing.assert_close(found.float(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_alpha_without_skip(without_skip: DeepImageMatting, size: str) -> None:
    with torch.inference_mode():
        alpha = copy.deepcopy(without_skip).double()(golden_input(GOLDEN, size).double())
    expected = torch.from_numpy(GOLDEN[f"nonskip_pred_mattes_{size}"])
    torch.testing.assert_close(alpha.float(), expected, rtol=0, atol=1e-5)


def recorded_maps(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What enters and leaves every layer; ReLU works in place, so it has been applied."""
    maps: dict[str, Tensor] = {}

    def record(name: str) -> Any:
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            maps[f"{name}_in"], maps[name] = inputs[0], output

        return hook

    handles = [
        child.register_forward_hook(record(name)) for name, child in network.named_children()
    ]
    with torch.inference_mode():
        network(x)
    for handle in handles:
        handle.remove()
    return maps


@pytest.mark.parametrize("variant", ["skip", "nonskip"])
def test_intermediate_maps(
    with_skip: DeepImageMatting, without_skip: DeepImageMatting, variant: str
) -> None:
    network = with_skip if variant == "skip" else without_skip
    maps = recorded_maps(network, golden_input(GOLDEN, "64x96"))
    mids = [mid for mid in MIDS if mid.startswith(f"{variant}_mid_")]
    assert len(mids) >= 8
    for mid in mids:
        name = mid.split("_mid_")[1].removesuffix("_c4")
        expected = torch.from_numpy(GOLDEN[mid]).float()
        actual = maps[name.removesuffix("_raw")][:, : expected.shape[1]]
        exact = GOLDEN[mid].dtype == "float32"
        tolerance = {"rtol": 0, "atol": 1e-4} if exact else {"rtol": 1e-3, "atol": 1e-2}
        torch.testing.assert_close(actual, expected, **tolerance)


def test_gradients_reach_every_layer() -> None:
    network = DeepImageMatting(refine=True, width=4)
    coarse, refined = network.predictions(torch.randn(1, 4, 64, 64))
    assert refined is not None
    (coarse.mean() + refined.mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name


class TestChainer:
    def test_alpha(self) -> None:
        golden = read_arrays("dim_chainer.npz")
        network = ChainerDeepImageMatting().eval()
        keys = [(key, value.shape, "float32") for key, value in network.state_dict().items()]
        network.load_state_dict(seeded_tensors_of(keys, CHAINER))
        for size in ("64x96", "70x101"):  # the latter comes out as 96 x 128
            with torch.inference_mode():
                alpha = network(golden_input(golden, size))
            expected = torch.from_numpy(golden[f"alpha_{size}"])
            torch.testing.assert_close(alpha, expected, rtol=0, atol=1e-5)

    def test_spreading(self) -> None:
        golden = read_arrays("dim_chainer.npz")
        found = spread(torch.from_numpy(golden["unpool_in"]))
        assert torch.equal(found, torch.from_numpy(golden["unpool_out"]))

    def test_spreading_is_a_transposed_convolution_with_ones(self) -> None:
        x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
        ones = torch.ones(3, 1, 5, 5, dtype=torch.float64)
        whole = nn.functional.conv_transpose2d(x, ones, stride=2, padding=1, groups=3)
        torch.testing.assert_close(spread(x), whole[:, :, :-1, :-1])
