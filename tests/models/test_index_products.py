"""The hand-written gradients: index products and ReLU6 in place."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.models.folding import relu6_
from indexnet_cli.models.indexnet.index_blocks import IndexBlock, index_map, upsample, weigh


def _cells(channels: int) -> torch.Tensor:
    return torch.rand(2, channels, 4, 4, 6, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("channels", [3, 1], ids=["depthwise", "holistic"])
def test_products_equal_those_with_the_map(channels: int) -> None:
    cells = _cells(channels)
    fine, coarse = torch.rand(2, 3, 8, 12).double(), torch.rand(2, 3, 4, 6).double()
    assert torch.equal(weigh(fine, cells), fine * index_map(cells))
    nearest = F.interpolate(coarse, scale_factor=2)
    assert torch.equal(upsample(coarse, cells), nearest * index_map(cells))


@pytest.mark.parametrize("channels", [3, 1], ids=["depthwise", "holistic"])
@pytest.mark.parametrize("size", [(8, 12), (4, 6)], ids=["weigh", "upsample"])
def test_gradient_of_index_products(channels: int, size: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *size, dtype=torch.float64, requires_grad=True)
    product = upsample if size == (4, 6) else weigh
    assert torch.autograd.gradcheck(product, (x, _cells(channels)))


def test_products_lie_channels_last() -> None:
    product = upsample(torch.rand(1, 3, 4, 6), torch.rand(1, 3, 4, 4, 6))
    assert product.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_relu6_gradient_equals_torchs(dtype: torch.dtype) -> None:
    values = torch.tensor([-3.0, 0.0, 1e-4, 3.0, 5.96, 6.0, 7.0], dtype=dtype)
    gradients = []
    for activation in (F.relu6, relu6_):
        x = values.clone().requires_grad_()
        activation(x * 1).sum().backward()
        gradients.append(x.grad)
    assert torch.equal(*gradients)


@pytest.mark.parametrize("channels", [1, 24, 32])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 4e-3)])
def test_the_encoder_index_is_the_softmax_with_and_without_gradient(
    channels: int, dtype: torch.dtype, tolerance: float
) -> None:
    class Given(IndexBlock):
        def logits(self, x: Tensor) -> Tensor:
            return x.unflatten(1, (channels, 4))

    torch.manual_seed(0)
    logits = 4 * torch.randn(1, 4 * channels, 9, 7)
    expected = torch.softmax(torch.sigmoid(logits.unflatten(1, (channels, 4))), dim=2)
    for learns in (False, True):
        encoder_index, _ = Given()(logits.to(dtype).requires_grad_(learns))
        torch.testing.assert_close(encoder_index.float(), expected, rtol=0, atol=tolerance)
