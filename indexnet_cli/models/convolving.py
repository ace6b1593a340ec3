"""A convolution that learns fast where torch's is slow at it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

# Below these the copies take what the faster sums gain.
LEAST_KERNEL = 4
LEAST_PIXELS = 2**16  # of the result, all pictures of the batch together


class _Convolve(torch.autograd.Function):
    """``F.conv2d`` of channels_last pictures; the weights' gradient in contiguous memory.

    oneDNN has no kernel for that gradient in channels_last without AVX-512: it falls back on
    matrix products, which take twice as long as copies and its own kernel for planes.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, ...],
        padding: tuple[int, ...],
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias, *_ = ctx.needs_input_grad
        towards_x = towards_weight = towards_bias = None
        if needs_x:
            towards_x = _gradients(ctx, gradient, x, weight, (True, False, False))[0]
        if needs_weight:
            gradient, x, weight = gradient.contiguous(), x.contiguous(), weight.contiguous()
            planes = _gradients(ctx, gradient, x, weight, (False, True, False))[1]
            towards_weight = planes.contiguous(memory_format=torch.channels_last)
        if needs_bias:
            towards_bias = gradient.sum((0, 2, 3))
        return towards_x, towards_weight, towards_bias, None, None


def _gradients(
    ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor, wanted: tuple[bool, ...]
) -> Any:
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, None, ctx.stride, ctx.padding, (1, 1), False, (0, 0), 1, wanted
    )


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...] = (1, 1),
    padding: str | tuple[int, ...] = (0, 0),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Tensor:
    """``F.conv2d``, with the same result and gradients, which are rounded otherwise at most."""
    height, width = weight.shape[-2:]
    if (
        _gradient_is_slow(x, weight)
        and min(height, width) >= LEAST_KERNEL
        and groups == 1
        and not isinstance(padding, str)
        and dilation == (1, 1)
        and x.numel() // x.shape[1] // (stride[0] * stride[1]) >= LEAST_PIXELS
    ):
        y: Tensor = _Convolve.apply(x, weight, bias, stride, padding)
        return y
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def _gradient_is_slow(x: Tensor, weight: Tensor) -> bool:
    return (
        weight.requires_grad
        and torch.is_grad_enabled()
        and x.device.type == "cpu"
        and x.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and x.is_contiguous(memory_format=torch.channels_last)
        and torch.backends.cpu.get_cpu_capability() == "AVX2"
    )
