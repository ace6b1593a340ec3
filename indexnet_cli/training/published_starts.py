"""How the published programs draw fresh weights."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import nn


def _indexnet(conv: nn.Conv2d) -> None:
    """N(0, sqrt(2 / (k * k * out))), as ResNet's fan-out rule for groups of one."""
    fan_out = math.prod(conv.kernel_size) * conv.out_channels
    nn.init.normal_(conv.weight, 0.0, math.sqrt(2.0 / fan_out))


def _kaiming_uniform(conv: nn.Conv2d) -> None:
    nn.init.kaiming_uniform_(conv.weight, mode="fan_in", nonlinearity="relu")


def _xavier(conv: nn.Conv2d) -> None:
    nn.init.xavier_normal_(conv.weight)


def _lecun(conv: nn.Conv2d) -> None:
    """Chainer's default: N(0, sqrt(1 / fan in)), no bias."""
    fan_in = math.prod(conv.kernel_size) * conv.in_channels // conv.groups
    nn.init.normal_(conv.weight, 0.0, math.sqrt(1.0 / fan_in))
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


RULES: dict[str, Callable[[nn.Conv2d], None]] = {
    "indexnet": _indexnet,
    "kaiming-uniform": _kaiming_uniform,
    "xavier": _xavier,
    "lecun": _lecun,
}


def draw_published(network: nn.Module, scheme: str) -> None:
    """Draw every convolution's weights by a rule of ``RULES``; ``torch`` leaves its default.

    Biases stay as torch draws them unless the rule says otherwise; batch norms start as identity.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and scheme != "torch":
            RULES[scheme](module)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
