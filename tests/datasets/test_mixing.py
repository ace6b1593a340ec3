"""A strand over something: by a program's arithmetic, and by light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from indexnet_cli.datasets.mixing import mix, mix_light

ALPHA = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


def plain(value: float) -> NDArray[np.float32]:
    return np.full((3, 4, 3), value, np.float32)


def linear(value: Any) -> Any:
    return ((value + 0.055) / 1.055) ** 2.4


@pytest.mark.parametrize("combine", [mix, mix_light])
def test_ends_are_the_layers(combine: Callable[..., NDArray[np.float32]]) -> None:
    mixed = combine(plain(0.8), plain(0.1), ALPHA)
    np.testing.assert_allclose(mixed[0, 0], 0.1, atol=1e-6)
    np.testing.assert_allclose(mixed[-1, -1], 0.8, atol=1e-6)


def test_a_program_mixes_values() -> None:
    np.testing.assert_allclose(
        mix(plain(0.8), plain(0.1), ALPHA)[..., 1], 0.1 + 0.7 * ALPHA, atol=1e-6
    )


def test_light_adds_up() -> None:
    mixed = mix_light(plain(0.8), plain(0.1), ALPHA)[..., 2].astype(np.float64)
    light = ALPHA * linear(0.8) + (1 - ALPHA) * linear(0.1)
    np.testing.assert_allclose(linear(mixed), light, atol=1e-5)


def test_bright_strands_look_more_opaque_than_they_are_and_dark_ones_less() -> None:
    half = np.full((3, 4), 0.5, np.float32)
    assert mix_light(plain(1.0), plain(0.0), half).min() > 0.7  # white over black
    assert mix_light(plain(0.0), plain(1.0), half).min() > 0.7  # black over white
