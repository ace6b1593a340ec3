"""AimNet: an alpha matte from a photograph alone, without a trimap (Li et al., IJCAI 2021)."""

from __future__ import annotations

from indexnet_cli.models.aimnet.network import AimNet, Estimate

__all__ = ["AimNet", "Estimate", "build_aimnet"]


def build_aimnet() -> AimNet:
    """The network as published, with fresh weights."""
    return AimNet()
