"""The light-weight RefineNet baseline of the IndexNet paper (Nekrasov et al., BMVC 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.indexnet.config import IndexNetConfig
from indexnet_cli.models.indexnet.encoder import build_stages, stage_channels
from indexnet_cli.models.indexnet.layers import conv_norm_relu, resize_bilinear
from indexnet_cli.models.indexnet.network import build_head

CHANNELS = 256
POOLINGS = 4
# Which encoder stages each chained-pooling block fuses, from the coarsest to the finest.
FUSED_STAGES = {4: (7, 6), 3: (5, 4), 2: (3,), 1: (2,)}


class ChainedPooling(nn.Module):
    """Residual chain of stride-1 5x5 max-poolings, each followed by a 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        for number in range(1, POOLINGS + 1):
            self.add_module(f"{number}_outvar_dimred", conv_norm_relu(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        link = x
        for number in range(1, POOLINGS + 1):
            pooled = F.max_pool2d(link, 5, stride=1, padding=2)
            link = self.get_submodule(f"{number}_outvar_dimred")(pooled)
            x = x + link
        return x


class RefineNet(nn.Module):
    """Strided encoder; its stages are fused from coarse to fine by sums and chained pooling.

    Input N x 4 x H x W, output N x 1 x H x W, as IndexNet's; meant for H and W that leave 1
    when divided by the output stride.
    """

    def __init__(self, config: IndexNetConfig) -> None:
        super().__init__()
        stages = build_stages(config.output_stride, keep_strides=True)
        for name, stage in stages.items():
            self.add_module(name, stage)
        channels = stage_channels()
        for level in range(7, 1, -1):
            self.add_module(f"dconv{level}", conv_norm_relu(channels[level], CHANNELS, 1))
        for step in FUSED_STAGES:
            # The published keys number the block inside a container of one.
            self.add_module(f"dconv_crp{step}", nn.Sequential(ChainedPooling(CHANNELS)))
        for step in (4, 3, 2):
            self.add_module(f"dconv_adapt{step}", conv_norm_relu(CHANNELS, CHANNELS, 1))
        self.pred = build_head(config.conv_operator, CHANNELS, config.decoder_kernel_size)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        features: dict[int, Tensor] = {}
        for level in range(8):
            x = features[level] = self.get_submodule(f"layer{level}")(x)
        coarser = self._fuse(4, features)
        for step in (3, 2, 1):
            coarser = self._fuse(step, features, coarser)
        return resize_bilinear(self.pred(coarser), size)

    def _fuse(
        self, step: int, features: dict[int, Tensor], coarser: Tensor | None = None
    ) -> Tensor:
        """Sum of the step's stages and the coarser result, through its chained pooling."""
        levels = FUSED_STAGES[step]
        terms = [self.get_submodule(f"dconv{level}")(features[level]) for level in levels]
        if coarser is not None:
            adapted = self.get_submodule(f"dconv_adapt{step + 1}")(coarser)
            terms.append(resize_bilinear(adapted, terms[0].shape[-2:]))
        y: Tensor = self.get_submodule(f"dconv_crp{step}")(F.relu6(torch.stack(terms).sum(0)))
        return y
