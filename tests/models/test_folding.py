"""Convolutions that are laid out for speed give the numbers of plain ones."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from indexnet_cli.models.folding import BlockConvReLU6, convolution
from indexnet_cli.models.indexnet.config import IndexNetConfig
from indexnet_cli.models.indexnet.network import IndexNet


@pytest.mark.parametrize(("kernel", "size"), [(5, (12, 20)), (3, (8, 4)), (1, (4, 8)), (5, (7, 9))])
def test_a_convolution_by_blocks(kernel: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layer = BlockConvReLU6(6, 1, kernel, padding=kernel // 2).requires_grad_(False)
    layer.make_blocks()
    x = torch.randn(2, 6, *size)
    expected = F.conv2d(x, layer.weight, layer.bias, padding=kernel // 2).clamp(0, 6)
    assert torch.allclose(layer(x), expected, atol=1e-6)


def test_the_head_keeps_its_float32_weights() -> None:
    network = IndexNet(IndexNetConfig())
    before = {
        name: value.clone() for name, value in network.get_submodule("pred").state_dict().items()
    }
    network.to_precision(torch.bfloat16, torch.bfloat16)
    assert next(network.get_submodule("layer7").parameters()).dtype == torch.bfloat16
    assert all(
        torch.equal(value, before[name])
        for name, value in network.get_submodule("pred").state_dict().items()
    )


def test_blocks_are_made_once_and_move_with_the_weights() -> None:
    like = torch.nn.Conv2d(6, 1, 5, padding=2)
    layer = convolution(like, like.weight, like.bias, groups=1, relu6=True)
    assert isinstance(layer, BlockConvReLU6)
    blocks = layer.to(torch.bfloat16).blocks
    assert blocks.dtype == torch.bfloat16
    assert torch.equal(blocks, layer.block_weight())
    assert set(layer.state_dict()) == {"weight", "bias"}
