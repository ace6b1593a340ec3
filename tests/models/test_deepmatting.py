"""Deep Matting against numbers of the published code."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.models.counting import count_multiply_adds, count_parameters
from indexnet_cli.models.deepmatting import DeepMatting
from indexnet_cli.models.folding import set_folded
from tests.golden.reading import golden_input, read_arrays
from tests.golden.vgg16 import read_keys, seeded_tensors_of

GOLDEN = read_arrays("deepmatting.npz")
KEYS = read_keys("deepmatting.official")
ENTERING = {"pool1": "conv21", "pool5": "conv6"}


def test_keys_are_the_published_ones_in_their_order() -> None:
    with torch.device("meta"):
        state = DeepMatting().state_dict()
    assert [(key, list(value.shape)) for key, value in state.items()] == [
        (key, shape) for key, shape, _dtype in KEYS
    ]


def test_size_is_the_published_one() -> None:
    with torch.device("meta"):
        network = DeepMatting()
    assert count_parameters(network) == 130_545_345
    assert count_multiply_adds(network, 224, 224) / 2**30 == pytest.approx(32.339, abs=5e-4)


@pytest.fixture(scope="module")
def seeded() -> nn.Module:
    with torch.device("meta"):
        network = DeepMatting()
    network.load_state_dict(seeded_tensors_of(KEYS), strict=True, assign=True)
    return network.eval()


@pytest.mark.slow
@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("size", ["64x96", "96x160"])
def test_alpha(seeded: nn.Module, size: str, folded: bool) -> None:
    with torch.inference_mode():
        alpha = set_folded(seeded, folded)(golden_input(GOLDEN, size))
    expected = torch.from_numpy(GOLDEN[f"alpha_{size}"])
    torch.testing.assert_close(alpha, expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_intermediate_maps(seeded: nn.Module) -> None:
    maps: dict[str, Tensor] = {}
    handles = []
    for name in ("dconv6", "dconv5", "dconv4", "dconv1"):

        def keep(_m: nn.Module, _i: object, output: Tensor, name: str = name) -> None:
            maps[name] = output.clone()  # before ReLU, which works in place

        handles.append(seeded.get_submodule(name).register_forward_hook(keep))
    for pool, layer in ENTERING.items():

        def enter(_m: nn.Module, inputs: tuple[Tensor, ...], pool: str = pool) -> None:
            maps[pool] = inputs[0]

        handles.append(seeded.get_submodule(layer).register_forward_pre_hook(enter))
    with torch.inference_mode():
        set_folded(seeded, False)(golden_input(GOLDEN, "64x96"))
    for handle in handles:
        handle.remove()
    mids = [name for name in GOLDEN if name.startswith("mid_")]
    assert {mid.removeprefix("mid_").removesuffix("_c8") for mid in mids} == set(maps)
    for mid in mids:
        actual = maps[mid.removeprefix("mid_").removesuffix("_c8")]
        expected = torch.from_numpy(GOLDEN[mid]).float()
        torch.testing.assert_close(actual[:, : expected.shape[1]], expected, rtol=1e-3, atol=1e-2)
