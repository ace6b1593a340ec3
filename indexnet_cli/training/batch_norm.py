"""What batch norm does while training: keep its statistics, or take them from the batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist

from indexnet_cli.models.folding import set_folded
from indexnet_cli.training.recipe import Recipe


class _Normalise(torch.autograd.Function):
    """Normalisation by the mean and variance of all processes' batches together.

    The forward pass sums count, sum and squares over processes, the backward pass the two sums
    that the gradient of batch norm is made of (Ioffe and Szegedy, ICML 2015).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        axes = [0, *range(2, x.ndim)]
        count = x.new_tensor([x.numel() / x.shape[1]], dtype=torch.float64)
        # Squares in double precision: a variance that is small beside the mean survives.
        wide = x.double()
        sums = torch.cat([count, wide.sum(axes), wide.square().sum(axes)])
        dist.all_reduce(sums)
        total, first, second = sums[:1], *sums[1:].chunk(2)
        mean = first / total
        variance = (second / total - mean.square()).clamp_(min=0)
        scale = torch.rsqrt(variance + eps).to(x.dtype)
        centred = x - _planes(mean.to(x.dtype), x)
        normalised = centred * _planes(scale, x)
        ctx.save_for_backward(normalised, scale, total)
        ctx.mark_non_differentiable(mean, variance, total)
        return normalised, mean, variance, total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        normalised, scale, total = ctx.saved_tensors
        gradient = gradients[0]
        axes = [0, *range(2, gradient.ndim)]
        sums = torch.cat([gradient.sum(axes), (gradient * normalised).sum(axes)])
        dist.all_reduce(sums)
        mean, along = (sums / total.to(sums)).chunk(2)
        inner = gradient - _planes(mean, gradient) - normalised * _planes(along, gradient)
        return inner * _planes(scale, gradient), None


def _planes(values: Tensor, like: Tensor) -> Tensor:
    """One value a channel, shaped to broadcast over ``like``."""
    return values.reshape(1, -1, *([1] * (like.ndim - 2)))


LIVE_MOMENTUM = 0.02  # few coarse pixels a batch: their statistics need many batches


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """Batch norm over the batch of all processes, on any device; same keys as ``BatchNorm2d``."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise N x C x H x W by the statistics of all processes, or by its own in eval."""
        if not self.training or not dist.is_initialized():
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            normalised, mean, variance, total = _Normalise.apply(x.float(), self.eps)
        self._remember(mean, variance, total)
        y = normalised * _planes(self.weight, x) + _planes(self.bias, x)
        return y.to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, total: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        unbiased = variance * total / (total - 1).clamp(min=1)
        momentum = self.momentum or 1.0 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        self.running_var.lerp_(unbiased.to(self.running_var), momentum)


def prepare_batch_norm(network: nn.Module, recipe: Recipe) -> None:
    """Make ``network`` ready for the recipe's ``batch_norm``; keys stay the same."""
    if recipe.batch_norm == "frozen":
        set_folded(network)  # one convolution instead of three passes
    for name, module in network.named_modules():
        live = name.startswith(recipe.live_norms)
        if live and hasattr(type(module), "folded"):
            module.folded = False
        if type(module) is nn.BatchNorm2d and (live or recipe.batch_norm == "synchronised"):
            module.__class__ = SynchronisedBatchNorm2d
        if live and isinstance(module, nn.BatchNorm2d):
            module.momentum = LIVE_MOMENTUM


def training_mode(network: nn.Module, recipe: Recipe) -> None:
    """Dropout on; batch norm on its own statistics where the recipe freezes it."""
    network.train()
    for name, module in network.named_modules():
        frozen = recipe.batch_norm == "frozen" and not name.startswith(recipe.live_norms)
        if isinstance(module, nn.BatchNorm2d) and (frozen or name.startswith(recipe.frozen_norms)):
            module.eval()


def moves_statistics(recipe: Recipe) -> bool:
    """Whether training changes the running statistics of some batch norm."""
    return recipe.batch_norm != "frozen" or bool(recipe.live_norms)
