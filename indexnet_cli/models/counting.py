"""How large a network is: parameters and multiply-adds."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from indexnet_cli.models.folding import set_folded


def count_parameters(network: nn.Module) -> int:
    """Trainable and frozen parameters, without buffers."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_multiply_adds(network: nn.Module, height: int, width: int, channels: int = 4) -> int:
    """Multiply-adds of the convolution layers for one input of ``channels`` x height x width.

    Follows the shapes alone, on a meta-device copy: nothing is computed and ``network`` is left
    as it is. Divide by 2**30 for the unit that the IndexNet authors call GFLOPs.
    """
    shapes = set_folded(copy.deepcopy(network).to("meta").eval(), False)
    total = 0

    def count(conv: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(conv, nn.Conv2d)
        kernel = math.prod(conv.kernel_size) * conv.in_channels // conv.groups
        total += output.numel() * kernel

    for module in shapes.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    with torch.inference_mode():
        shapes(torch.empty(1, channels, height, width, device="meta"))
    return total
