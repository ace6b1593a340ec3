from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.errors import InputError
from indexnet_cli.metrics.levels import to_levels
from indexnet_cli.metrics.score import score

GOLDEN = Path(__file__).parents[1] / "golden"
SEEDED = np.load(GOLDEN / "metrics_seeded.npz")
SYNTHETIC = np.load(GOLDEN / "metrics_synthetic.npz")
# Computed with GNU Octave from the published Matlab code, in single precision.
OCTAVE = json.loads((GOLDEN / "metrics_synthetic.json").read_text())


@pytest.mark.parametrize("case", sorted({name[:-3] for name in SEEDED if name.endswith("_pd")}))
def test_published_formula(case):
    found = score(*(SEEDED[f"{case}_{part}"] for part in ("pd", "gt", "trimap")))
    wanted = [SEEDED[f"{case}_matlab_formula_{name}"] for name in ("sad", "mse", "grad", "conn")]
    np.testing.assert_allclose(list(asdict(found).values()), wanted, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("case", sorted(OCTAVE))
def test_published_code(case):
    found = asdict(score(*(SYNTHETIC[f"{case}_{part}"] for part in ("pred", "alpha", "trimap"))))
    for name, wanted in OCTAVE[case].items():
        wanted = np.nan if wanted is None else wanted
        np.testing.assert_allclose(found[name], wanted, rtol=1e-5, atol=1e-7, err_msg=name)


def test_float_counts_as_its_byte():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_levels(levels.astype(np.float32) / 255) == levels).all()
    unknown = np.full(levels.shape, 128, np.uint8)
    shifted = levels / 255 + 0.4 / 255
    assert score(shifted, levels, unknown).sad == 0


def test_no_unknown_pixel():
    levels = np.zeros((8, 8), np.uint8)
    found = score(levels, levels, levels)
    assert (found.sad, found.grad, found.conn) == (0, 0, 0)
    assert np.isnan(found.mse)


def test_sizes_must_match():
    with pytest.raises(InputError, match="sizes differ"):
        score(np.zeros((4, 4)), np.zeros((4, 5)), np.zeros((4, 4), np.uint8))
