"""IndexNet: MobileNetV2 encoder, index blocks, ASPP, decoders."""

from __future__ import annotations

from torch import nn

from indexnet_cli.models.indexnet.config import IndexNetConfig
from indexnet_cli.models.indexnet.network import IndexNet

__all__ = ["IndexNet", "IndexNetConfig", "build_indexnet"]


def build_indexnet(config: IndexNetConfig | None = None) -> nn.Module:
    """The network that ``config`` describes, with fresh weights; default: as released.

    Raises ``ValueError`` for a combination that the published code does not have.
    """
    return IndexNet(config or IndexNetConfig())
