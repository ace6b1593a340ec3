"""Deep Image Matting as pytorch-deep-image-matting (huochaitiantang) trained and released it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.vgg16 import (
    LEVELS,
    WIDTH,
    BakedLevels,
    encoder_channels,
    encoder_layers,
    level_names,
    pool,
    unpool,
)

REFINEMENT_CHANNELS = 64
CONV = "conv{level}_{number}"


class DeepImageMatting(BakedLevels):
    """VGG-16 without batch norm, a decoder that unpools, and on request the refinement stage.

    ``skip``: the last features of each level are added to the unpooled ones (released in 2020);
    this changes no key and no shape. ``refine``: the refinement stage (training stages 2 and 3).
    ``conv6_kernel``: 3; the files released before September 2019 have 1.

    Input N x 4 x H x W: RGB normalised by the ImageNet statistics, and trimap / 255; H and W
    multiples of 32. Output N x 1 x H x W: alpha in [0, 1], refined where there is a refinement.
    """

    def __init__(
        self, skip: bool = True, refine: bool = False, conv6_kernel: int = 3, width: int = WIDTH
    ) -> None:
        super().__init__()
        self.skip = skip
        self.refine = refine
        for name, conv in encoder_layers(CONV, width).items():
            self.add_module(name, conv)
        channels = encoder_channels(width)
        deepest = channels[-1]
        self.conv6_1 = nn.Conv2d(deepest, deepest, conv6_kernel, padding=conv6_kernel // 2)
        self.deconv6_1 = nn.Conv2d(deepest, deepest, 1)
        for level in reversed(LEVELS):
            out_channels = channels[max(level - 2, 0)]
            conv = nn.Conv2d(channels[level - 1], out_channels, 5, padding=2)
            self.add_module(f"deconv{level}_1", conv)
        self.deconv1 = nn.Conv2d(width, 1, 5, padding=2)
        if refine:
            self._add_refinement()

    def _add_refinement(self) -> None:
        hidden = REFINEMENT_CHANNELS
        self.refine_conv1 = nn.Conv2d(4, hidden, 3, padding=1)
        self.refine_conv2 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.refine_conv3 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.refine_pred = nn.Conv2d(hidden, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        coarse, refined = self.predictions(x)
        return coarse if refined is None else refined

    def predictions(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Alpha of the encoder-decoder, and of the refinement if there is one.

        The refinement corrects the logit, not the alpha.
        """
        logit = self._decode(*self._encode(x))
        coarse = torch.sigmoid(logit)
        if not self.refine:
            return coarse, None
        y = torch.cat([x[:, :3], coarse.to(x.dtype)], dim=1)
        for conv in (self.refine_conv1, self.refine_conv2, self.refine_conv3):
            y = F.relu_(conv(y))
        return coarse, torch.sigmoid(logit + self.refine_pred(y))

    def _encode(self, x: Tensor) -> tuple[Tensor, dict[int, Tensor], dict[int, Tensor]]:
        """Features at 1/32, the positions of the maxima, and the skips, by level."""
        positions: dict[int, Tensor] = {}
        skips: dict[int, Tensor] = {}
        for level in LEVELS:
            x = self._features(level, x)
            if self.skip:
                skips[level] = x
            x, positions[level] = pool(x)
        return F.relu_(self.deconv6_1(F.relu_(self.conv6_1(x)))), positions, skips

    def _level(self, level: int, x: Tensor) -> Tensor:
        for name in level_names(CONV, level):
            x = F.relu_(self.get_submodule(name)(x))
        return x

    def _take(self, level: int) -> Iterator[nn.Conv2d]:
        for name in level_names(CONV, level):
            conv = self._modules.pop(name)
            assert isinstance(conv, nn.Conv2d)
            yield conv

    def _decode(self, x: Tensor, positions: dict[int, Tensor], skips: dict[int, Tensor]) -> Tensor:
        for level in reversed(LEVELS):
            x = unpool(x, positions[level])
            if self.skip:
                x = x.add_(skips[level])
            x = F.relu_(self.get_submodule(f"deconv{level}_1")(x))
        logit: Tensor = self.deconv1(x)
        return logit
