"""Deep Matting: the IndexNet authors' re-implementation of Deep Image Matting."""

from __future__ import annotations

from indexnet_cli.models.deepmatting.network import DeepMatting

__all__ = ["DeepMatting"]
