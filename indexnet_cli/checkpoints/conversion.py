"""OpenMMLab's key names for IndexNet, turned into the published ones.

The two networks are the same, tensor by tensor; only the names differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

Value = TypeVar("Value")

ENCODER = r"backbone\.encoder\."
DECODER = r"backbone\.decoder\."
CONV_NORM = {"conv": 0, "bn": 1}
SEPARABLE = {"depthwise_conv": 0, "pointwise_conv": 3}
INDEX_LEVELS = (0, 2, 3, 4, 6)


def _first_layer(m: re.Match[str]) -> str:
    return f"layer0.{CONV_NORM[m[1]]}"


def _block_without_expansion(m: re.Match[str]) -> str:
    return f"layer1.{m[1]}.conv.{SEPARABLE[m[2]] + CONV_NORM[m[3]]}"


def _block_expansion(m: re.Match[str]) -> str:
    return f"layer{m[1]}.{m[2]}.conv.{CONV_NORM[m[3]]}"


def _block_separable(m: re.Match[str]) -> str:
    return f"layer{m[1]}.{m[2]}.conv.{3 + SEPARABLE[m[3]] + CONV_NORM[m[4]]}"


def _index_block(m: re.Match[str]) -> str:
    position = 3 if m[3] == "1" else CONV_NORM[m[4]]
    return f"index{INDEX_LEVELS[int(m[1])]}.indexnet{int(m[2]) + 1}.{position}"


def _decoder_layer(m: re.Match[str]) -> str:
    return f"decoder_layer{6 - int(m[1])}.dconv.{CONV_NORM[m[2]]}"


RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (ENCODER + r"layers\.0\.(conv|bn)", _first_layer),
    (
        ENCODER + r"layers\.1\.(\d+)\.conv\.(depthwise_conv|pointwise_conv)\.(conv|bn)",
        _block_without_expansion,
    ),
    (ENCODER + r"layers\.([2-7])\.(\d+)\.conv\.0\.(conv|bn)", _block_expansion),
    (
        ENCODER + r"layers\.([2-7])\.(\d+)\.conv\.1\.(depthwise_conv|pointwise_conv)\.(conv|bn)",
        _block_separable,
    ),
    (ENCODER + r"index_layers\.([0-4])\.index_blocks\.([0-3])\.([01])\.(conv|bn)", _index_block),
    (
        ENCODER + r"dconv\.convs\.0\.(conv|bn)",
        lambda m: f"dconv_pp.aspp1.atrous_conv.{CONV_NORM[m[1]]}",
    ),
    (
        ENCODER + r"dconv\.convs\.([123])\.(depthwise_conv|pointwise_conv)\.(conv|bn)",
        lambda m: f"dconv_pp.aspp{int(m[1]) + 1}.atrous_conv.{SEPARABLE[m[2]] + CONV_NORM[m[3]]}",
    ),
    (
        ENCODER + r"dconv\.convs\.4\.1\.(conv|bn)",
        lambda m: f"dconv_pp.global_avg_pool.{1 + CONV_NORM[m[1]]}",
    ),
    (
        ENCODER + r"dconv\.project\.0\.(conv|bn)",
        lambda m: f"dconv_pp.bottleneck_conv.{CONV_NORM[m[1]]}",
    ),
    (DECODER + r"decoder_layers\.([0-6])\.conv\.(conv|bn)", _decoder_layer),
    (DECODER + r"pred\.0\.(conv|bn)", lambda m: f"pred.0.{CONV_NORM[m[1]]}"),
    (DECODER + r"pred\.1", lambda m: "pred.1"),
)
_COMPILED = tuple((re.compile(pattern), rename) for pattern, rename in RULES)


def is_openmmlab(state: Mapping[str, object]) -> bool:
    """Whether the keys are OpenMMLab's."""
    return any(key.startswith("backbone.encoder.") for key in state)


def official_key(key: str) -> str:
    """The published name of OpenMMLab's ``key``; a key that is not theirs is returned as it is."""
    module, dot, leaf = key.rpartition(".")
    for pattern, rename in _COMPILED:
        match = pattern.fullmatch(module)
        if match:
            return rename(match) + dot + leaf
    return key


def from_openmmlab(state: Mapping[str, Value]) -> dict[str, Value]:
    """``state`` under the published names, in the same order."""
    return {official_key(key): value for key, value in state.items()}
