"""IndexNet: MobileNetV2 encoder, index blocks, ASPP, decoders."""

from __future__ import annotations

from torch import nn

from indexnet_cli.models.indexnet.config import IndexNetConfig
from indexnet_cli.models.indexnet.deeplabv3plus import DeepLabV3Plus
from indexnet_cli.models.indexnet.network import IndexNet
from indexnet_cli.models.indexnet.refinenet import RefineNet
from indexnet_cli.models.indexnet.small import SMALL
from indexnet_cli.models.indexnet.unet_style import UNetStyle

__all__ = [
    "IndexNet",
    "IndexNetConfig",
    "UNetStyle",
    "DeepLabV3Plus",
    "RefineNet",
    "build_indexnet",
    "build_small_indexnet",
]


def build_indexnet(config: IndexNetConfig | None = None) -> nn.Module:
    """The network that ``config`` describes, with fresh weights; default: as released.

    Raises ``ValueError`` for a combination that the published code does not have.
    """
    config = config or IndexNetConfig()
    config.check()
    networks: dict[str, type[nn.Module]] = {
        "indexnet": IndexNet,
        "unet_style": UNetStyle,
        "deeplabv3+": DeepLabV3Plus,
        "refinenet": RefineNet,
    }
    return networks[config.decoder](config)


def build_small_indexnet() -> nn.Module:
    """The released network with fewer channels inside, as ``indexnet.open-small`` has it."""
    return build_indexnet(IndexNetConfig(widths=SMALL))
