"""What batch norms see: moments of their inputs, and new statistics that change no function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Moments = dict[str, list[Tensor]]


@contextmanager
def collecting(norms: Mapping[str, nn.BatchNorm2d]) -> Iterator[Moments]:
    """Lists, by a norm's name, of the mean and the mean square of each channel of its inputs.

    Each time that the network runs, another 2 x C is appended.
    """
    found: Moments = {name: [] for name in norms}

    def hook(name: str, norm: nn.BatchNorm2d) -> torch.utils.hooks.RemovableHandle:
        def collect(_norm: nn.Module, args: tuple[Tensor, ...]) -> None:
            x = args[0].float()
            found[name].append(torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))]))

        return norm.register_forward_pre_hook(collect)

    hooks = [hook(name, norm) for name, norm in norms.items()]
    try:
        yield found
    finally:
        for handle in hooks:
            handle.remove()


@torch.no_grad()
def moments_of(
    network: nn.Module, norms: Mapping[str, nn.BatchNorm2d], inputs: Iterable[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance of each channel that ``norms`` of ``network`` see of ``inputs``."""
    with collecting(norms) as found:
        for x in inputs:
            network(x)
    return {name: mean_and_variance(moments) for name, moments in found.items()}


def mean_and_variance(moments: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Of what ``collecting`` appended; variances of at least 1e-4."""
    mean, square = torch.stack(moments).mean(0)
    return mean, (square - mean.square()).clamp(min=1e-4)


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
