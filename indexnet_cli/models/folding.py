"""Convolution stacks in the published key layout that can fold their batch norm.

Batch norm with fixed statistics is an affine map per channel, so ``bn(conv(x))`` equals one
convolution with weights scaled by ``gamma / sqrt(var + eps)``; that spares three passes over
every full-resolution feature map. Two ways:

``set_folded`` folds inside ``forward``: the published parameters stay the one source of truth,
receive gradients and are saved under their published names. For training.
``bake`` leaves only convolutions that hold the folded weights. For inference.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.convolving import convolve


def folded_weights(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that equals ``norm(conv(x))`` in evaluation mode."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    bias = norm.bias - norm.running_mean * scale
    if conv.bias is not None:
        bias = bias + conv.bias * scale
    return conv.weight * scale[:, None, None, None], bias


@cache
def has_fused_convolution(dtype: torch.dtype) -> bool:
    """Whether this processor and this build of torch have the fused operator for ``dtype``."""
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return False
    if dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return dtype == torch.float32


class ConvReLU6(nn.Conv2d):
    """A convolution and ReLU6 for inference, in one pass over the output where oneDNN is at hand.

    The fused operator is the one that torch's own compiler uses on CPU; without it the two steps
    follow each other, with the same result.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and has_fused_convolution(x.dtype):
            y: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x,
                self.weight,
                self.bias,
                self.padding,
                self.stride,
                self.dilation,
                self.groups,
                "hardtanh",
                [0.0, 6.0],
                "",
            )
            return y
        return F.hardtanh_(super().forward(x), 0.0, 6.0)


class BlockConvReLU6(ConvReLU6):
    """A convolution to one channel and ReLU6, for inference, 4 x 4 pixels of the result at a time.

    Processors fill their vectors with output channels, so that a single one leaves most of them
    empty. The pixels of a block as channels fill them: the same sums, within a larger window
    that is zero elsewhere. Where the input does not divide into blocks it is the plain convolution.
    """

    BLOCK = 4
    blocks: Tensor

    def make_blocks(self) -> None:
        """Make ``blocks`` of the weights, once for all; a buffer, so that it moves with them."""
        self.register_buffer("blocks", self.block_weight(), persistent=False)

    def block_weight(self) -> Tensor:
        """16 x C x (k + 3) x (k + 3): the kernel at the place of each pixel of a block."""
        weight = self.weight.detach()
        _, channels, height, width = weight.shape
        shape = (self.BLOCK**2, channels, height + self.BLOCK - 1, width + self.BLOCK - 1)
        blocks = weight.new_zeros(shape)
        for pixel, block in enumerate(blocks):
            top, left = divmod(pixel, self.BLOCK)
            block[:, top : top + height, left : left + width] = weight[0]
        return blocks

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2] % self.BLOCK or x.shape[-1] % self.BLOCK:
            return super().forward(x)
        bias = None if self.bias is None else self.bias.expand(self.BLOCK**2)
        blocks = F.conv2d(x, self.blocks, bias, self.BLOCK, self.padding)
        return F.hardtanh_(F.pixel_shuffle(blocks, self.BLOCK), 0.0, 6.0)


def convolution(
    like: nn.Conv2d, weight: Tensor, bias: Tensor | None, groups: int, relu6: bool = False
) -> nn.Conv2d:
    """A convolution with these weights that strides, pads and dilates as ``like``."""
    out_channels, group_channels, height, width = weight.shape
    kind: type[nn.Conv2d] = ConvReLU6 if relu6 else nn.Conv2d
    if relu6 and out_channels == 1 and like.stride == like.dilation == (1, 1):
        kind = BlockConvReLU6
    layer = kind(
        group_channels * groups,
        out_channels,
        (height, width),
        like.stride,  # type: ignore[arg-type]
        like.padding,  # type: ignore[arg-type]
        like.dilation,  # type: ignore[arg-type]
        groups,
        bias is not None,
        device="meta",  # its own weights are never made
    )
    layer.weight = nn.Parameter(weight.detach())
    layer.bias = None if bias is None else nn.Parameter(bias.detach())
    if isinstance(layer, BlockConvReLU6):
        layer.make_blocks()
    return layer


def conv_norm(x: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    """``norm(conv(x))`` as a single convolution; batch statistics are neither used nor updated."""
    weight, bias = folded_weights(conv, norm)
    return convolve(x, weight, bias, conv.stride, conv.padding, conv.dilation, conv.groups)


class _ReLU6(torch.autograd.Function):
    """ReLU6 in place. ``nn.ReLU6`` keeps its input for the gradient; the output tells as much."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        F.hardtanh_(x, 0.0, 6.0)
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        given: Tensor = torch.ops.aten.hardtanh_backward(gradient, y, 0.0, 6.0)
        return given


def relu6_(x: Tensor) -> Tensor:
    """ReLU6 in place, on the output of a convolution: nobody else holds it."""
    y: Tensor = _ReLU6.apply(x)
    return y


class ConvStack(nn.Sequential):
    """``nn.Sequential`` of convolutions, batch norms and activations, in the published order.

    While ``folded`` is set, each convolution followed by a batch norm runs as one convolution.
    """

    folded = False

    def forward(self, x: Tensor) -> Tensor:
        if not self.folded:
            for layer in self:
                x = layer(x)
            return x
        layers = list(self)
        for layer, following in zip(layers, [*layers[1:], None], strict=True):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                x = conv_norm(x, layer, following)
            elif isinstance(layer, nn.ReLU6):
                x = relu6_(x)
            elif not isinstance(layer, nn.BatchNorm2d):
                x = layer(x)
        return x

    def bake(self) -> None:
        """Convolution, batch norm and ReLU6 become one layer; changes the layers' numbers."""
        layers = [layer for layer in self if not isinstance(layer, nn.BatchNorm2d)]
        norms = {a: b for a, b in itertools.pairwise(self) if isinstance(b, nn.BatchNorm2d)}
        baked: list[nn.Module] = []
        for layer, following in zip(layers, [*layers[1:], None], strict=True):
            if isinstance(layer, nn.Conv2d) and not isinstance(layer, ConvReLU6):
                weight, bias = layer.weight, layer.bias
                if layer in norms:
                    weight, bias = folded_weights(layer, norms[layer])
                relu6 = isinstance(following, nn.ReLU6)
                baked.append(convolution(layer, weight, bias, layer.groups, relu6))
            elif not (isinstance(layer, nn.ReLU6) and isinstance(baked[-1], ConvReLU6)):
                baked.append(layer)
        self._modules = {str(number): layer for number, layer in enumerate(baked)}


@runtime_checkable
class Bakeable(Protocol):
    """A block that knows how to put its batch norm into its convolutions."""

    def bake(self) -> None:
        """Do so, for good."""


def bake(network: nn.Module) -> nn.Module:
    """Put the batch norm of ``network`` into its convolutions' weights, for good; returns it.

    The network is then for evaluation only and has no longer the published keys.
    """
    for module in list(network.eval().modules()):
        if isinstance(module, Bakeable):
            module.bake()
    return network.requires_grad_(False)


def set_folded(network: nn.Module, folded: bool = True) -> nn.Module:
    """Switch every block of ``network`` that can fold its batch norm; returns ``network``.

    Exact for fixed statistics (evaluation, or training with frozen batch norm) up to float
    rounding. With folding on, batch statistics are not updated even in training mode.
    """
    for module in network.modules():
        if hasattr(type(module), "folded"):
            module.folded = folded  # type: ignore[assignment]
    return network
