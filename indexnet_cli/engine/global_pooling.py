"""Global average pooling over a picture that is computed in tiles.

A network that pools globally (ASPP's image branch) would see a different mean in every tile. So
the means over the whole picture are measured first, one pooling layer at a time, and put in the
layers' place when the tiles are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _EnoughSeenError(Exception):
    """Ends a forward pass whose rest is not needed."""


def global_pools(network: nn.Module) -> list[nn.Module]:
    """The layers of ``network`` that average over all pixels."""
    return [
        module
        for module in network.modules()
        if isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
    ]


def replay(pool: nn.Module, mean: Tensor) -> Callable[[], None]:
    """Let ``pool`` give ``mean`` whatever it sees; returns what undoes it."""

    def replaced(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return mean.to(output.dtype)

    return pool.register_forward_hook(replaced).remove


def measure(
    pool: nn.Module, forward: Callable[[Tensor], Tensor], tiles: Iterable[tuple[Tensor, Tensor]]
) -> Tensor:
    """The mean that ``pool`` would give for the whole picture.

    ``tiles`` yields N x C x h x w input and h x w weights, which sum to 1 at each pixel.
    """
    seen: list[Tensor] = []

    def look(_module: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        seen.append(inputs[0])
        raise _EnoughSeenError

    hook = pool.register_forward_hook(look)
    total: Tensor | None = None
    weight = 0.0
    try:
        for x, shares in tiles:
            try:
                forward(x)
            except _EnoughSeenError:
                features = seen.pop().float()
                height, width = features.shape[-2:]
                small = F.adaptive_avg_pool2d(shares[None, None], (height, width))
                part = (features * small).sum((2, 3), keepdim=True)
                total = part if total is None else total + part
                weight += float(small.sum())
    finally:
        hook.remove()
    if total is None:  # the layer is not used
        return torch.zeros(())
    return total / weight
