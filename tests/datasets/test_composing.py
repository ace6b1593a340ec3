"""Backgrounds are fitted as the published scripts fit them, in whole and in part."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.datasets.composing import RULES, compose, fit_background
from tests.datasets.scenes import colours

PART = (slice(31, 95), slice(40, 104))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [(40, 50), (37, 113), (200, 300)])
def test_a_part_is_that_part_of_the_whole(rule: str, size: tuple[int, int]) -> None:
    photograph = colours(3, *size)
    whole = fit_background(photograph, 120, 160, RULES[rule])
    assert whole.shape == (120, 160, 3)
    part = fit_background(photograph, 120, 160, RULES[rule], part=PART)
    # Pillow's coefficients of a part may differ in their last bit.
    np.testing.assert_allclose(part.astype(int), whole[PART], atol=int(rule == "mmagic"))


def test_mmagic_resizes_with_pillow() -> None:
    photograph = colours(3, 40, 50)
    resized = Image.fromarray(photograph).resize((160, 128), Image.Resampling.BICUBIC)
    found = fit_background(photograph, 120, 160, RULES["mmagic"])
    np.testing.assert_allclose(found.astype(int), np.asarray(resized)[:120], atol=1)


def test_larger_photographs_are_cut_and_shrunk_only_when_asked() -> None:
    photograph = colours(3, 200, 300)
    rule = RULES["indexnet"]
    np.testing.assert_array_equal(fit_background(photograph, 50, 60, rule), photograph[:50, :60])
    shrunk = fit_background(photograph, 50, 60, rule, shrink=True)
    assert shrunk.shape == (50, 60, 3)
    assert np.abs(shrunk[-1].astype(int) - photograph[-2, : 60 * 4 : 4]).mean() < 12


@pytest.mark.parametrize(("rule", "expected"), [("indexnet", 99), ("mmagic", 99), ("dim", 100)])
def test_fractions_are_cut_off_or_rounded(rule: str, expected: int) -> None:
    front, behind = np.full((1, 1, 3), 200, np.uint8), np.zeros((1, 1, 3), np.uint8)
    alpha = np.full((1, 1), 127, np.uint8)  # 127 / 255 * 200 = 99.6
    assert (compose(front, alpha, behind, RULES[rule]) == expected).all()
