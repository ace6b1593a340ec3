from __future__ import annotations

import numpy as np
import pytest

from tests.golden.reading import read_configurations
from tests.golden.seeded_weights import seeded_array, seeded_input, seeded_state


def test_the_released_state_dict_has_the_known_sum() -> None:
    state = seeded_state(read_configurations()["m2o_nl1_c1"].keys, seed=0)
    assert len(state) == 549
    assert sum(value.size for value in state.values()) == 5_993_045
    total = sum(float(value.astype(np.float64).sum()) for value in state.values())
    assert total == pytest.approx(39482.334370, abs=5e-7)


def test_arrays_depend_on_key_and_seed_alone() -> None:
    first = seeded_array("layer0.0.weight", (32, 4, 3, 3))
    assert np.array_equal(first, seeded_array("layer0.0.weight", [32, 4, 3, 3]))
    assert not np.array_equal(first, seeded_array("layer0.0.weight", (32, 4, 3, 3), seed=1))
    assert not np.array_equal(first, seeded_array("layer1.0.weight", (32, 4, 3, 3)))


def test_inputs_carry_a_trimap_in_the_fourth_plane() -> None:
    x = seeded_input(5, 65, 97, batch=2)
    assert x.shape == (2, 4, 65, 97)
    assert x.dtype == np.float32
    assert set(np.unique(x[:, 3])) == set(np.array([0, 128 / 255, 1], np.float32))
