"""Training at full size in a window of every sample, and around it at half the size.

Three fifths of a step's time go into the stage of stride 1, which looks no further than ten pixels:
in a window it learns what it would anywhere. What looks far needs the whole sample, and learns from
it through alpha in smaller sizes, predicted by guides of one convolution each that only training
has: at half, at an eighth, and at the bottom, which the decoder need not listen to and so may have
nothing to say. benchmarks/training_step.py shows what is spared.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet.network import Encoded, IndexNet
from indexnet_cli.training.losses import Batch

RIM = 10  # pixels around a window: what its own alpha looks at, at full size
GUIDES = {"at_half": 1, "at_eighth": 3}  # the stage whose decoder each one reads
AT_BOTTOM = "at_bottom"  # reads what lies below all decoders


def with_windows(batch: Batch, side: int) -> Batch:
    """``batch`` cut to windows of ``side`` x ``side`` pixels, each about an unknown pixel.

    Beside them ``corners``, N x 2 (top and left, even); ``weight``, by which the unknown pixels of
    a window stand for all of their sample, or else wide regions would count less than narrow ones;
    and of the whole samples what the network and its guides need: ``whole_image``,
    ``whole_trimap``, ``whole_alpha``, ``whole_unknown``. A sample alone decides where its window
    is, so that processes and pieces do not matter.
    """
    corners = torch.tensor([_corner(unknown[0], side) for unknown in batch["unknown"]])
    windows = {name: cut(plane, corners, side) for name, plane in batch.items()}
    whole = {f"whole_{name}": batch[name] for name in ("image", "trimap", "alpha", "unknown")}
    shares = [
        planes.sum((1, 2, 3), keepdim=True) for planes in (batch["unknown"], windows["unknown"])
    ]
    weight = windows["unknown"] * shares[0] / shares[1].clamp(min=1)
    return {**windows, **whole, "corners": corners, "weight": weight}


def _corner(unknown: Tensor, side: int) -> tuple[int, int]:
    height, width = unknown.shape
    spots = torch.nonzero(unknown).cpu()
    generator = torch.Generator().manual_seed(len(spots))
    if not len(spots):
        spots = torch.tensor([[height // 2, width // 2]])
    spot = spots[int(torch.randint(len(spots), (), generator=generator))]
    centre = spot + torch.randint(-side // 4, side // 4 + 1, (2,), generator=generator)
    top, left = (centre - side // 2).tolist()
    return _within(top, height - side), _within(left, width - side)


def _within(start: int, last: int) -> int:
    """The nearest even number between 0 and ``last``, which is even."""
    return min(max(start, 0), last) // 2 * 2


def cut(planes: Tensor, corners: Tensor, side: int) -> Tensor:
    """The window of each of N x C x H x W planes, N x C x side x side."""
    windows = [
        plane[:, top : top + side, left : left + side]
        for plane, (top, left) in zip(planes, corners.tolist(), strict=True)
    ]
    return torch.stack(windows)


class Windowed(nn.Module):
    """IndexNet as the losses see it where it is trained in windows of ``side`` pixels.

    ``at_bottom``: whether there is a guide there, too. Without it a run's snapshots hold what they
    did before there was one.
    """

    def __init__(self, network: IndexNet, side: int, at_bottom: bool = False) -> None:
        super().__init__()
        self.network, self.side = network, side
        levels = {name: network.stages[stage][0] for name, stage in GUIDES.items()}
        self.guides = nn.ModuleDict(
            {name: _guide(network.decoder_channels[level]) for name, level in levels.items()}
        )
        if at_bottom:
            self.guides[AT_BOTTOM] = _guide(network.bottom_channels)

    def forward(self, x: Tensor, corners: Tensor) -> Batch:
        """``alpha`` of the windows, N x 1 x side x side; of the whole, smaller, a guide each."""
        with torch.no_grad():
            y = self.network.encode(0, x).pooled
        encoded: list[Encoded] = []
        for stage in range(1, len(self.network.stages)):
            encoded.append(self.network.encode(stage, y))
            y = encoded[-1].pooled
        y = self.network.bottom(y)
        outputs: Batch = {}
        if AT_BOTTOM in self.guides:
            outputs[AT_BOTTOM] = self.guides[AT_BOTTOM](y)
        for stage in reversed(range(1, len(self.network.stages))):
            y = self.network.decode(stage, y, encoded[stage - 1].skips, encoded[stage - 1].index)
            for name in (name for name, number in GUIDES.items() if number == stage):
                outputs[name] = self.guides[name](y)
        return {"alpha": self._alpha(x, y, corners), **outputs}

    def _alpha(self, x: Tensor, y: Tensor, corners: Tensor) -> Tensor:
        """The stage of stride 1 in windows of ``x``, upon ``y`` of half the size."""
        size = torch.tensor(x.shape[-2:])
        outer = torch.minimum((corners - RIM).clamp(min=0), size - self.side - 2 * RIM)
        wide = self.side + 2 * RIM
        layout = torch.channels_last
        near = cut(x, outer, wide).contiguous(memory_format=layout)
        above = cut(y, outer // 2, wide // 2).contiguous(memory_format=layout)
        encoded = self.network.encode(0, near)
        alpha = self.network.decode(0, above, encoded.skips, encoded.index)
        return cut(alpha, corners - outer, self.side)


def _guide(channels: int) -> nn.Conv2d:
    """Features to alpha; at first 0.5 everywhere, so that it moves nothing until it has learnt."""
    guide = nn.Conv2d(channels, 1, 3, padding=1)
    nn.init.zeros_(guide.weight)
    assert guide.bias is not None
    nn.init.constant_(guide.bias, 0.5)
    return guide
