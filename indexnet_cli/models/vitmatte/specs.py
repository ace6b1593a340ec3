"""What ViTMatte needs. Importing this imports neither torch nor transformers."""

from __future__ import annotations

from dataclasses import replace

from indexnet_cli.models.registry import ModelSpec, PublishedPath

# Four of the twelve layers attend from every patch of 16 x 16 pixels to every other; up
# to three copies of a layer's scores exist while the relative positions are added.
_PATCH = 16 * 16
_SCORES = 3 * 4  # bytes of a pair of patches, for each head

SMALL = ModelSpec(
    name="vitmatte.small",
    architecture="vitmatte",
    builder="indexnet_cli.models.vitmatte.network:build_vitmatte",
    published=PublishedPath(sizing="pad-zero", rounding="none"),
    options={"hidden_size": 384, "heads": 6},
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    bytes_per_pixel=1500,
    bytes_per_pixel_pair=6 * _SCORES / _PATCH**2,
    margin=256,
    exact_tiles=False,
    requires={"transformers": "indexnet[vitmatte]"},
)

BASE = replace(
    SMALL,
    name="vitmatte.base",
    options={"hidden_size": 768, "heads": 12},
    bytes_per_pixel=1700,
    bytes_per_pixel_pair=12 * _SCORES / _PATCH**2,
)
