"""AimNet: one encoder, a semantic and a matting branch, fused (Li et al., IJCAI 2021)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from indexnet_cli.models.aimnet.encoder import Features, PooledResNet34
from indexnet_cli.models.aimnet.fusion import fuse
from indexnet_cli.models.aimnet.matting_branch import build_matting_branch, run_matting_branch
from indexnet_cli.models.aimnet.semantic_branch import build_semantic_branch, run_semantic_branch


class Estimate(NamedTuple):
    """``scores`` N x 3 x H x W (background, transition, foreground), ``matting`` N x 1 x H x W for
    the transition, ``fused`` N x 1 x H x W: the matte. All in [0, 1]."""

    scores: Tensor
    matting: Tensor
    fused: Tensor


class AimNet(nn.Module):
    """Matting without a trimap.

    Input N x 3 x H x W: RGB normalised by the ImageNet statistics; H and W multiples of 32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resnet = PooledResNet34()
        for name, part in {**build_semantic_branch(), **build_matting_branch()}.items():
            self.add_module(name, part)

    def behind_pooling(self) -> list[nn.Module]:
        """The layers that no max-pool follows."""
        return [part for part in self.children() if part is not self.resnet]

    def forward(self, x: Tensor) -> Estimate:
        features: Features = self.resnet(x)
        scores, attention = run_semantic_branch(self, features.maps[4])
        matting = run_matting_branch(self, features, attention)
        return Estimate(scores, matting, fuse(scores, matting))
