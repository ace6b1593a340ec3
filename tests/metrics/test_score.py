from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import indexnet_cli
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.metrics import score
from indexnet_cli.metrics.connectivity_error import connectivity_error
from indexnet_cli.metrics.gradient_error import gradient_error
from indexnet_cli.metrics.levels import to_levels
from indexnet_cli.metrics.mad import mad
from indexnet_cli.metrics.mse import mse
from indexnet_cli.metrics.sad import sad

GOLDEN = Path(__file__).parents[1] / "golden"
SEEDED = np.load(GOLDEN / "metrics_seeded.npz")
SYNTHETIC = np.load(GOLDEN / "metrics_synthetic.npz")
# Columns: `octave`, the published Matlab code under GNU Octave, in single precision; `float64`, its
# exact restatement; the other published programs.
COLUMNS = json.loads((GOLDEN / "metrics_synthetic.json").read_text())
CASES = sorted(COLUMNS)


def arrays(case):
    return tuple(SYNTHETIC[f"{case}_{part}"] for part in ("pred", "alpha", "trimap"))


def agree(found, column, names, rtol):
    for name, key in names.items():
        wanted = np.nan if column[key] is None else column[key]
        np.testing.assert_allclose(
            getattr(found, name), wanted, rtol=rtol, atol=1e-12, err_msg=name
        )


FOUR = {name: name for name in ("sad", "mse", "grad", "conn")}


@pytest.mark.parametrize("case", sorted({name[:-3] for name in SEEDED if name.endswith("_pd")}))
def test_published_formula(case):
    found = score(*(SEEDED[f"{case}_{part}"] for part in ("pd", "gt", "trimap")))
    column = {name: float(SEEDED[f"{case}_matlab_formula_{name}"]) for name in FOUR}
    agree(found, column, FOUR, rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_published_code(case):
    agree(score(*arrays(case)), COLUMNS[case]["octave"], FOUR, rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_exact_restatement(case):
    agree(score(*arrays(case)), COLUMNS[case]["float64"], FOUR, rtol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_python_flavour(case):
    agree(score(*arrays(case), flavour="python"), COLUMNS[case]["poppinace_python"], FOUR, 1e-5)


@pytest.mark.parametrize("case", CASES)
def test_openmmlab_flavour(case):
    column = COLUMNS[case]["mmagic"]
    if isinstance(column["sad"], str):
        with pytest.raises(InputError, match="not the trimap"):
            score(*arrays(case), flavour="openmmlab")
    else:
        agree(score(*arrays(case), flavour="openmmlab"), column, FOUR, rtol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_aim_flavour(case):
    column = COLUMNS[case]["aim_python"]
    whole = score(*arrays(case), flavour="aim", region="whole")
    agree(whole, column, {**FOUR, "mad": "mad"}, rtol=1e-5)
    transition = {name: f"{name}_tran" for name in ("sad", "mse", "mad")}
    found = score(*arrays(case), flavour="aim")
    agree(found, column, transition, rtol=1e-9)
    assert np.isnan([found.grad, found.conn]).all()


@pytest.mark.parametrize("case", ["noise_masked", "two_blobs", "no_unknown"])
def test_single_errors_are_those_of_score(case):
    pred, alpha, trimap = arrays(case)
    unknown = trimap == 128
    found = [f(pred, alpha, unknown) for f in (sad, mse, mad, gradient_error, connectivity_error)]
    np.testing.assert_allclose(found, list(asdict(score(pred, alpha, trimap)).values()), rtol=1e-12)


def test_mad_is_the_mean_absolute_difference():
    pred, alpha, trimap = arrays("noise_masked")
    wanted = COLUMNS["noise_masked"]["float64"]["mad_tran"]
    assert score(pred, alpha, trimap).mad == pytest.approx(wanted, rel=1e-9)


def test_whole_region_counts_known_pixels():
    pred, alpha, trimap = arrays("noise_unmasked")
    column = COLUMNS["noise_unmasked"]["aim_python"]
    found = score(pred, alpha, trimap, region="whole")
    assert found.sad == pytest.approx(column["sad"], rel=1e-6)
    assert found.mad == pytest.approx(column["mad"], rel=1e-6)
    assert found == score(pred, alpha, region="whole")
    assert found == score(pred, alpha, np.full_like(trimap, 128))


def test_float_counts_as_its_byte():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_levels(levels.astype(np.float32) / 255) == levels).all()
    unknown = np.full(levels.shape, 128, np.uint8)
    shifted = levels / 255 + 0.4 / 255
    assert score(shifted, levels, unknown).sad == 0
    assert score(shifted, levels, unknown, flavour="aim").sad > 0


def test_no_unknown_pixel():
    levels = np.zeros((8, 8), np.uint8)
    found = score(levels, levels, levels)
    assert (found.sad, found.grad, found.conn) == (0, 0, 0)
    assert np.isnan([found.mse, found.mad]).all()


def test_far_pixels_do_not_change_the_gradient_window():
    rng = np.random.default_rng(1)
    pred, alpha = rng.integers(0, 256, (2, 60, 70), dtype=np.uint8)
    unknown = np.zeros(pred.shape, bool)
    unknown[:3, -2:] = unknown[20:30, 15:40] = True
    spots = [np.zeros_like(unknown) for _ in range(2)]
    spots[0][:3, -2:] = spots[1][20:30, 15:40] = True
    parts = sum(gradient_error(pred, alpha, spot) for spot in spots)
    assert gradient_error(pred, alpha, unknown) == pytest.approx(parts, rel=1e-12)


def test_sizes_must_match():
    with pytest.raises(InputError, match="sizes differ"):
        score(np.zeros((4, 4)), np.zeros((4, 5)), np.zeros((4, 4), np.uint8))
    with pytest.raises(InputError, match="no trimap"):
        score(np.zeros((4, 4)), np.zeros((4, 4)))


@pytest.mark.parametrize("wrong", [{"flavour": "octave"}, {"region": "both"}])
def test_choices_are_checked(wrong):
    plane = np.zeros((4, 4), np.uint8)
    with pytest.raises(UsageError, match="no such"):
        score(plane, plane, plane, **wrong)


def test_score_is_in_the_package():
    assert indexnet_cli.score is score
