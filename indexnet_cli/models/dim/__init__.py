"""Deep Image Matting (Xu et al., CVPR 2017): encoder-decoder and refinement stage."""

from __future__ import annotations

from indexnet_cli.models.dim.chainer import ChainerDeepImageMatting
from indexnet_cli.models.dim.network import DeepImageMatting

__all__ = ["DeepImageMatting", "ChainerDeepImageMatting"]
