"""Every kind of matte draws alphas that training can use."""

from __future__ import annotations

import numpy as np
import pytest

from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.pack import Pack, PackPart
from indexnet_cli.datasets.trimaps import fractional_pixels


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [64, 150])
def test_draws_an_alpha(kind: str, size: int, pack: Pack) -> None:
    soft = 0
    for seed in range(6):
        rng = np.random.default_rng([seed, size])
        if KINDS[kind].from_pack:
            alpha, colours = KINDS[kind].draw(rng, size, PackPart(pack, "train"))
            assert colours is None or (colours.shape, colours.dtype) == ((size, size, 3), np.uint8)
        else:
            alpha = KINDS[kind].draw(rng, size)
        assert alpha.shape == (size, size)
        assert alpha.dtype == np.float32
        assert np.isfinite(alpha).all()
        assert alpha.min() >= 0
        assert alpha.max() <= 1
        soft += int(fractional_pixels(alpha).sum())
    assert soft > 6 * size


def test_shares_sum_to_one() -> None:
    assert sum(kind.weight for kind in KINDS.values()) == pytest.approx(1)
