"""The gradient of weights in contiguous memory: that of torch, and only where it is faster."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from indexnet_cli.models import convolving
from indexnet_cli.models.convolving import convolve

TAKEN = "_ConvolveBackward"


@pytest.fixture(autouse=True)
def small_pictures_on_avx2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolving, "LEAST_PIXELS", 2 * 6 * 4)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


def channels_last(*shape: int) -> Tensor:
    return torch.randn(*shape).contiguous(memory_format=torch.channels_last).requires_grad_()


def way(y: Tensor) -> str:
    assert y.grad_fn is not None
    return y.grad_fn.name()


@pytest.mark.parametrize("needs_x", [True, False])
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(5, 1, 2), (4, 2, 1)])
def test_gradients_are_those_of_torch(
    kernel: int, stride: int, padding: int, has_bias: bool, needs_x: bool
) -> None:
    torch.manual_seed(0)
    x = channels_last(2, 3, 12, 8).requires_grad_(needs_x)
    weight = channels_last(7, 3, kernel, kernel)
    bias = torch.randn(7, requires_grad=True) if has_bias else None
    inputs = [t for t in (x, weight, bias) if t is not None and t.requires_grad]
    ours = convolve(x, weight, bias, (stride, stride), (padding, padding))
    theirs = F.conv2d(x, weight, bias, stride, padding)
    assert TAKEN in way(ours)
    assert torch.equal(ours, theirs)
    towards = torch.randn_like(ours)
    for mine, its in zip(
        torch.autograd.grad(ours, inputs, towards),
        torch.autograd.grad(theirs, inputs, towards),
        strict=True,
    ):
        assert mine.stride() == its.stride()
        assert torch.allclose(mine, its, atol=1e-4)


def test_it_is_left_to_torch_where_that_is_as_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    x, wide = channels_last(2, 4, 6, 4), channels_last(4, 4, 5, 5)
    same = ((1, 1), (2, 2))
    assert TAKEN in way(convolve(x, wide, None, *same))
    narrow, grouped = channels_last(4, 4, 3, 3), channels_last(4, 1, 5, 5)
    assert TAKEN not in way(convolve(x, narrow, None, (1, 1), (1, 1)))
    assert TAKEN not in way(convolve(x, grouped, None, *same, groups=4))
    assert TAKEN not in way(convolve(x, wide, None, (1, 1), (4, 4), (2, 2)))
    assert TAKEN not in way(convolve(x[:1], wide, None, *same))
    assert TAKEN not in way(convolve(x.contiguous(), wide, None, *same))
    assert TAKEN not in way(convolve(x, wide.detach(), None, *same))
    assert TAKEN not in way(convolve(x.double(), wide.double(), None, *same))
    with torch.autocast("cpu", torch.bfloat16):
        assert TAKEN not in way(convolve(x, wide, None, *same))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert TAKEN not in way(convolve(x, wide, None, *same))


def test_nothing_is_kept_for_a_gradient_that_nobody_wants() -> None:
    with torch.no_grad():
        y = convolve(channels_last(2, 4, 6, 4), channels_last(4, 4, 5, 5), None, (1, 1), (2, 2))
    assert y.grad_fn is None
