"""Identities of compositing, and what every error measure has to obey."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from indexnet_cli.imaging.compositing import composite, cutout
from indexnet_cli.metrics.scoring import score

SIZES = st.tuples(st.integers(1, 300), st.integers(1, 300))
# The same examples in every run, so that a failure is not a matter of luck.
FEW = settings(max_examples=25, deadline=None, derandomize=True)
SEEDS = st.integers(0, 999)
DTYPES = st.sampled_from([np.uint8, np.uint16, np.float32])


def colours(rng: np.random.Generator, size: tuple[int, int], dtype: Any) -> NDArray[Any]:
    values = rng.random((*size, 3))
    return (values * np.iinfo(dtype).max if dtype != np.float32 else values).astype(dtype)


@FEW
@given(size=SIZES, dtype=DTYPES, seed=SEEDS, linear=st.booleans())
def test_nothing_and_everything(size: tuple[int, int], dtype: Any, seed: int, linear: bool) -> None:
    """Alpha 0 gives the background, 1 the foreground, and anything over itself stays."""
    rng = np.random.default_rng(seed)
    front, back = colours(rng, size, dtype), colours(rng, size, dtype)
    zeros, ones = np.zeros(size, np.float32), np.ones(size, np.float32)
    alpha = rng.random(size).astype(np.float32)
    near = 1e-5 if dtype == np.float32 else 1
    for mixed, wanted in (
        (composite(front, back, zeros, linear), back),
        (composite(front, back, ones, linear), front),
        (composite(front, front, alpha, linear), front),
    ):
        assert mixed.dtype == dtype
        assert np.abs(mixed.astype(np.float64) - wanted).max() <= near
    mixed = composite(front, back, alpha, linear).astype(np.float64)
    assert (mixed >= np.minimum(front, back).astype(np.float64) - near).all()
    assert (mixed <= np.maximum(front, back).astype(np.float64) + near).all()


@FEW
@given(size=SIZES, seed=SEEDS)
def test_a_cut_out_keeps_its_alpha(size: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    front = colours(rng, size, np.uint8)
    alpha = rng.integers(0, 256, size) / 255
    cut = cutout(front, alpha.astype(np.float32), front.astype(np.float32) / 255)
    np.testing.assert_array_equal(cut[:, :, 3], np.rint(alpha * 255))
    visible = cut[:, :, 3] > 0
    np.testing.assert_array_equal(cut[visible][:, :3], front[visible])


@st.composite
def mattes(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.uint8]]:
    size = draw(SIZES)
    rng = np.random.default_rng(draw(SEEDS))
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), size)
    trimap[0, 0] = 128
    alpha = rng.integers(0, 256, size).astype(np.uint8)
    other = rng.integers(0, 256, size).astype(np.uint8)
    known = trimap != 128
    alpha[known] = other[known] = trimap[known]
    return alpha, other, trimap


FLAVOURS = st.sampled_from(["matlab", "python", "openmmlab", "aim"])


@FEW
@given(drawn=mattes(), flavour=FLAVOURS)
def test_errors_are_zero_for_equal_and_symmetric(drawn: Any, flavour: Any) -> None:
    alpha, other, trimap = drawn
    same = score(alpha, alpha, trimap, flavour=flavour)
    for name in ("sad", "mse", "mad", "grad", "conn"):
        value = getattr(same, name)
        assert value < 1e-12 or np.isnan(value), name  # grad rounds
    there, back = (
        score(alpha, other, trimap, flavour=flavour),
        score(other, alpha, trimap, flavour=flavour),
    )
    for name in ("sad", "mse", "mad", "grad"):
        one, two = getattr(there, name), getattr(back, name)
        assert one >= 0 or np.isnan(one)
        assert one == pytest.approx(two, nan_ok=True), name


@FEW
@given(drawn=mattes(), near=st.floats(0, 1), far=st.floats(0, 1))
def test_errors_grow_with_the_distance(drawn: Any, near: float, far: float) -> None:
    """On the way from the truth to another matte SAD, MSE and MAD only rise."""
    alpha, other, trimap = drawn
    near, far = sorted((near, far))
    truth, wrong = alpha / 255.0, other / 255.0

    def at(share: float) -> Any:
        return score(truth + share * (wrong - truth), truth, trimap, flavour="python")

    for name in ("sad", "mse", "mad"):
        first, second = getattr(at(near), name), getattr(at(far), name)
        assert np.isnan(first) or first <= second + 1e-9, name
