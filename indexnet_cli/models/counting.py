"""How large a network is: parameters and multiply-adds."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def count_parameters(network: nn.Module) -> int:
    """Trainable and frozen parameters, without buffers."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_multiply_adds(network: nn.Module, height: int, width: int, channels: int = 4) -> int:
    """Multiply-adds of the convolution layers for one input of ``channels`` x height x width.

    ``network`` must not be folded; on the meta device nothing is computed.
    """
    total = 0

    def count(conv: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        assert isinstance(conv, nn.Conv2d)
        kernel = math.prod(conv.kernel_size) * conv.in_channels // conv.groups
        total += output.numel() * kernel

    hooks = [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
    ]
    was_training = network.training
    try:
        device = next(network.parameters()).device
        with torch.inference_mode():
            network.eval()(torch.zeros(1, channels, height, width, device=device))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return total
