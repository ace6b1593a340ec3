"""What batch norms see: moments of their inputs, and new statistics that change no function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn


@torch.no_grad()
def moments_of(
    network: nn.Module, norms: Mapping[str, nn.BatchNorm2d], inputs: Iterable[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance (at least 1e-4) of each channel that ``norms`` see of ``inputs``."""
    sums: dict[nn.Module, list[Tensor]] = {norm: [] for norm in norms.values()}

    def collect(norm: nn.Module, args: tuple[Tensor, ...]) -> None:
        x = args[0].float()
        sums[norm].append(torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))]))

    hooks = [norm.register_forward_pre_hook(collect) for norm in norms.values()]
    for x in inputs:
        network(x)
    for hook in hooks:
        hook.remove()
    found = {}
    for name, norm in norms.items():
        mean, square = torch.stack(sums[norm]).mean(0)
        found[name] = mean, (square - mean.square()).clamp(min=1e-4)
    return found


@torch.no_grad()
def rebase(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Give ``norm`` these statistics, and the weight and bias that keep its function."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_(scale * torch.sqrt(variance + norm.eps))
    norm.bias.copy_(shift + mean * scale)
