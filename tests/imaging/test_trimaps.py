from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from indexnet_cli.imaging.reading import read_trimap
from indexnet_cli.imaging.trimaps import TrimapSummary, make_trimap, snap_trimap
from tests.imaging.pictures import encode

EXACT = np.array([[0, 128, 255], [128, 128, 0]], np.uint8)


def test_describe() -> None:
    assert TrimapSummary(0.1423, 0.5, 0.3577, 312).describe() == (
        "unknown 14.2 %, 312 grey values snapped"
    )
    assert TrimapSummary(1.0, 0, 0, 1).describe() == "unknown 100.0 %, 1 grey value snapped"
    assert TrimapSummary(0.0, 1, 0, 0).describe() == "unknown 0.0 %, no grey values snapped"


def test_thresholds() -> None:
    greys = np.array([[0, 1, 25, 26, 127, 128, 229, 230, 254, 255]], np.uint8)
    trimap, summary = snap_trimap(greys)
    assert trimap.tolist() == [[0, 0, 0, 128, 128, 128, 128, 255, 255, 255]]
    assert summary.snapped == 6
    assert summary.unknown_share == pytest.approx(0.4)
    assert summary.foreground_share == summary.background_share == pytest.approx(0.3)


@pytest.mark.parametrize(
    "array",
    [
        EXACT,
        EXACT[..., None],
        np.dstack([EXACT] * 3),
        np.dstack([EXACT] * 3 + [np.full_like(EXACT, 255)]),
        np.dstack([EXACT, np.full_like(EXACT, 255)]),
        np.dstack([np.full((2, 3, 3), 255, np.uint8), EXACT]),
        np.dstack([np.zeros((2, 3), np.uint8), EXACT]),
        EXACT.astype(np.uint16) * 257,
        EXACT.astype(np.uint16),
        EXACT.astype(np.int64),
        EXACT / 255.0,
        EXACT.astype(np.float32),
        np.array([[0, 0.5, 1], [0.5, 0.5, 0]]),
        np.array([[0, 32768, 65535], [32767, 32768, 0]], np.uint16),
    ],
)
def test_kinds_of_array(array: np.ndarray) -> None:
    trimap, summary = snap_trimap(array)
    assert trimap.dtype == np.uint8
    np.testing.assert_array_equal(trimap, EXACT)
    assert summary.snapped == 0


def test_two_levels_have_no_unknown() -> None:
    mask = np.array([[True, False]])
    for stored in (mask, Image.fromarray(mask)):
        if isinstance(stored, Image.Image):
            trimap, summary = read_trimap(io.BytesIO(encode(stored)))
        else:
            trimap, summary = snap_trimap(stored)
        assert trimap.tolist() == [[255, 0]]
        assert summary.unknown_share == 0.0


def test_palette_file() -> None:
    stored = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    stored.putpalette([255, 255, 255, 128, 128, 128, 0, 0, 0])
    assert read_trimap(io.BytesIO(encode(stored)))[0].tolist() == [[255, 128, 0]]


def test_colours_by_luma_with_a_warning() -> None:
    colours = np.array([[[255, 0, 0], [0, 0, 0], [255, 255, 255]]], np.uint8)
    trimap, summary = snap_trimap(colours)
    assert trimap.tolist() == [[128, 0, 255]]
    assert "colour" in summary.warnings[0]


def test_erased_pixels_are_background() -> None:
    painted = np.full((1, 3, 4), 255, np.uint8)
    painted[0, 1, :3] = 128
    painted[0, 2, 3] = 0
    trimap, summary = snap_trimap(painted)
    assert trimap.tolist() == [[255, 128, 0]]
    assert "transparent" in summary.warnings[0]


def test_jpeg_ringing_is_snapped() -> None:
    stored = np.zeros((64, 64), np.uint8)
    stored[8:56, 8:56] = 128
    stored[20:44, 20:44] = 255
    trimap, summary = read_trimap(io.BytesIO(encode(stored, "JPEG", quality=85)))
    assert np.mean(trimap != stored) < 0.01
    assert summary.snapped > 0


def test_wrong_shapes() -> None:
    for shape in ((3,), (2, 3, 5), (1, 2, 3, 3)):
        with pytest.raises(ValueError, match="trimap"):
            snap_trimap(np.zeros(shape, np.uint8))


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32, np.bool_, np.int32]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6).flatmap(
            lambda shape: st.sampled_from([shape, (*shape, 1), (*shape, 3), (*shape, 4)])
        ),
    )
)
def test_always_a_trimap_and_snapping_again_changes_nothing(array: np.ndarray) -> None:
    trimap, summary = snap_trimap(array)
    assert trimap.shape == array.shape[:2]
    assert set(np.unique(trimap)) <= {0, 128, 255}
    shares = summary.unknown_share + summary.foreground_share + summary.background_share
    assert shares == pytest.approx(1.0)
    again, summary = snap_trimap(trimap)
    np.testing.assert_array_equal(again, trimap)
    assert summary.snapped == 0


def test_make_trimap_from_a_disc() -> None:
    rows, columns = np.mgrid[:101, :101]
    distance = np.hypot(rows - 50, columns - 50)
    trimap = make_trimap(distance <= 30, erode=5, dilate=8)
    assert (trimap[distance < 24] == 255).all()
    assert (trimap[(distance > 27) & (distance < 37)] == 128).all()
    assert (trimap[distance > 39.5] == 0).all()


def test_make_trimap_keeps_soft_pixels_unknown_and_borders_whole() -> None:
    alpha = np.zeros((20, 30), np.float32)
    alpha[:, :10], alpha[:, 10] = 1.0, 0.5
    trimap = make_trimap(alpha, erode=0)
    np.testing.assert_array_equal(np.unique(trimap[:, 10]), [128])
    assert (trimap[:, :10] == 255).all()
    assert (trimap[:, 11:] == 0).all()
    wider = make_trimap(alpha, erode=3)
    assert (wider[:, 0] == 255).all()
    assert (wider[:, 7:14] == 128).all()
    assert wider[0, 6] == 255
    assert wider[0, 14] == 0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_make_trimap_of_one_value(value: float) -> None:
    assert (make_trimap(np.full((5, 6), value), erode=3) == int(value * 255)).all()


def test_make_trimap_types_agree() -> None:
    levels = (np.indices((9, 9)).sum(0) * 15).clip(0, 255).astype(np.uint8)
    expected = make_trimap(levels / 255.0, erode=1)
    np.testing.assert_array_equal(make_trimap(levels, erode=1), expected)
    np.testing.assert_array_equal(make_trimap(levels.astype(np.uint16) * 257, erode=1), expected)
    with pytest.raises(ValueError, match="negative"):
        make_trimap(levels, erode=-1)
