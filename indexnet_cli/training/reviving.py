"""Channels that ReLU6 holds still are drawn anew, and what the network computes stays the same.

With fixed batch norm, training can drive a channel to where ReLU6 gives 0, or 6, for every picture.
No gradient gets through there, so that it stays: room that the network has and does not use. What
its reader makes of the constant goes over into the reader's batch norm (or, where there is none,
into another constant channel); its weights into the reader become 0, and those that make it are
drawn. From then on it learns.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from indexnet_cli.training.hidden_channels import Hidden, hidden_channels, redraw
from indexnet_cli.training.norm_statistics import moments_of, rebase

LEAST_SPREAD = 0.02  # standard deviation, where ReLU6 gives 0 to 6
_A_BIAS = 0.05  # a constant that is large enough to stand for others


@torch.no_grad()
def revive(network: nn.Module, inputs: Sequence[Tensor]) -> int:
    """Draw anew what is constant over ``inputs``, N x 4 x H x W each; how many channels that is.

    Every norm takes the statistics of ``inputs``, with the function that it had. Leaves the
    network in evaluation mode.
    """
    network.eval()
    norms = {n: m for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for name, moments in moments_of(network, norms, inputs).items():
        rebase(norms[name], *moments)
    hidden = list(hidden_channels(network))
    levels = _levels(network, hidden, inputs)
    drawn = [_replace(part, *level) for part, level in zip(hidden, levels, strict=True)]
    for depth in range(max((len(part.makers) for part in hidden), default=0)):
        fresh = {
            str(number): (part.makers[depth][1], channels)
            for number, (part, channels) in enumerate(zip(hidden, drawn, strict=True))
            if depth < len(part.makers)
        }
        found = moments_of(network, {key: norm for key, (norm, _) in fresh.items()}, inputs)
        for key, (norm, channels) in fresh.items():
            _take(norm, channels, *found[key])
    return sum(len(channels) for channels in drawn)


def _levels(
    network: nn.Module, hidden: Sequence[Hidden], inputs: Sequence[Tensor]
) -> list[tuple[Tensor, Tensor]]:
    """Mean and standard deviation of every channel behind each ReLU6."""
    sums: dict[nn.Module, list[Tensor]] = {part.relu: [] for part in hidden}

    def note(relu: nn.Module, _inputs: object, output: Tensor) -> None:
        y = output.double()
        sums[relu].append(torch.stack([y.mean((0, 2, 3)), y.square().mean((0, 2, 3))]))

    hooks = [part.relu.register_forward_hook(note) for part in hidden]
    for x in inputs:
        network(x)
    for hook in hooks:
        hook.remove()
    moments = [torch.stack(sums[part.relu]).mean(0) for part in hidden]
    return [
        (mean.float(), (square - mean.square()).clamp(min=0).sqrt().float())
        for mean, square in moments
    ]


def _replace(hidden: Hidden, mean: Tensor, spread: Tensor) -> Tensor:
    """Draw the constant channels; returns their numbers. Their statistics are to be taken yet."""
    dead = torch.nonzero(spread < LEAST_SPREAD)[:, 0]
    if not len(dead):
        return dead
    weight = hidden.reader.weight
    given = weight[:, dead + hidden.first, 0, 0] @ mean[dead]
    if hidden.norm is not None:
        assert hidden.norm.running_mean is not None
        hidden.norm.running_mean -= given
    else:
        largest = dead[mean[dead].argmax()]
        if mean[largest] > _A_BIAS:  # stays as it is, for all of them
            weight[:, largest, 0, 0] = given / mean[largest]
            dead = dead[dead != largest]
    weight[:, dead + hidden.first] = 0
    for conv, norm in hidden.makers:
        redraw(conv, norm, dead)
    return dead


def _take(norm: nn.BatchNorm2d, channels: Tensor, mean: Tensor, variance: Tensor) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean[channels] = mean[channels]
    norm.running_var[channels] = variance[channels]
