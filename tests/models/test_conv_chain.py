"""Convolutions in oneDNN's own layout, and networks that keep the places of maxima."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from indexnet_cli.engine.precision import PoolsByMaxima, lay_out
from indexnet_cli.models.conv_chain import ConvChain
from indexnet_cli.models.deepmatting.network import DeepMatting
from indexnet_cli.models.dim import DeepImageMatting
from indexnet_cli.models.folding import bake, set_folded


def layers(*channels: int) -> list[nn.Conv2d]:
    torch.manual_seed(0)
    pairs = itertools.pairwise(channels)
    return [nn.Conv2d(a, b, 3, padding=1).requires_grad_(False) for a, b in pairs]


@pytest.mark.parametrize("channels", [(4, 64, 64), (3, 5, 17, 8), (16, 32)])
@pytest.mark.parametrize("size", [(80, 96), (87, 83), (7, 5)])
def test_a_chain_gives_the_same_bits(channels: tuple[int, ...], size: tuple[int, int]) -> None:
    convs = layers(*channels)
    x = torch.randn(1, channels[0], *size)
    expected = x
    for conv in convs:
        expected = F.relu(conv(expected))
    found = ConvChain(convs)(x.clone())
    assert torch.equal(found, expected)
    assert found.is_contiguous()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_formats_go_the_plain_way(dtype: torch.dtype) -> None:
    chain = ConvChain(layers(4, 8, 8)).to(dtype)
    x = torch.randn(1, 4, 8, 8, dtype=dtype)
    expected = F.relu(chain.convs[1](F.relu(chain.convs[0](x))))
    assert torch.equal(chain(x), expected)


def test_automatic_precision_is_left_to_torch() -> None:
    chain = ConvChain(layers(4, 8))
    with torch.autocast("cpu", torch.bfloat16):
        assert chain(torch.randn(1, 4, 8, 8)).dtype == torch.bfloat16


@pytest.mark.parametrize(
    "build",
    [
        lambda: DeepImageMatting(width=4),
        lambda: DeepImageMatting(skip=False, refine=True, width=4),
        lambda: DeepMatting(width=4),
    ],
    ids=["skip", "refine", "DeepMatting"],
)
def test_baked_and_laid_out_networks_give_the_published_numbers(
    build: Callable[[], nn.Module],
) -> None:
    torch.manual_seed(1)
    network = build().eval().requires_grad_(False)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.uniform_(-0.1, 0.1)
            norm.running_var.uniform_(0.5, 2)
    fast = set_folded(bake(copy.deepcopy(network)))
    assert isinstance(fast, PoolsByMaxima)
    lay_out(fast, "fp32")
    x = torch.rand(1, 4, 64, 96)
    in_doubles = copy.deepcopy(network).double()(x.double())
    # In float32 rounding may decide where a window has its maximum, by which a patch of pixels
    # changes; which windows those are depends on the processor.
    difference = (fast(x) - in_doubles).abs()
    assert difference.median() < 1e-6
    assert difference.max() < 1e-3
    doubles = set_folded(bake(copy.deepcopy(network).double()))
    torch.testing.assert_close(doubles(x.double()), in_doubles, atol=1e-12, rtol=1e-12)
    bake(fast)  # once is enough
    decoder = [part.weight for part in fast.behind_pooling() if isinstance(part, nn.Conv2d)]
    wide = [weight for weight in decoder if min(weight.shape) > 1]
    assert wide
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in wide)
