"""AimNet's encoder, which its published checkpoints hold twice under different names.

The network registers the parts of its ResNet a second time by resolution, so that 216 of 700
entries are aliases. Where the two differ the alias counts: the published code loads it last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")

ALIASES = (
    (re.compile(r"encoder0\.0\."), "resnet.conv1."),
    (re.compile(r"encoder0\.1\."), "resnet.bn1."),
    (re.compile(r"encoder1\.0\."), "resnet.layer1."),
    (re.compile(r"encoder([234])\."), r"resnet.layer\1."),
)


def canonical_key(key: str) -> str:
    """The name in ``resnet`` of what ``key`` is an alias for; any other key as it is."""
    for pattern, name in ALIASES:
        if pattern.match(key):
            return pattern.sub(name, key, count=1)
    return key


def without_aliases(state: Mapping[str, Value]) -> dict[str, Value]:
    """``state`` with each of AimNet's tensors once, under its canonical name."""
    if not any(key.startswith("resnet.") for key in state):
        return dict(state)
    return {canonical_key(key): value for key, value in state.items()}
