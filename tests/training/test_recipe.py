"""Recipes are read whole, and overridden only by keys that exist."""

import pytest

from indexnet_cli.errors import UsageError
from indexnet_cli.training.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads(name: str) -> None:
    assert load_recipe(name).crop % 32 == 0


def test_override_changes_the_value_with_its_type() -> None:
    recipe = load_recipe("open", ["crop=64", "learning_rate=1e-4"])
    assert (recipe.crop, recipe.learning_rate) == (64, 1e-4)


@pytest.mark.parametrize("override", ["crops=64", "crop", "crop=big", "crop=65", "steps=0"])
def test_bad_override_is_refused(override: str) -> None:
    with pytest.raises(UsageError):
        load_recipe("open", [override])


def test_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="open"):
        load_recipe("closed")


def test_learning_rate_warms_up_stays_and_decays_to_zero() -> None:
    recipe = load_recipe("open", ["steps=100", "warmup_steps=10", "decay_share=0.2"])
    assert recipe.learning_rate_factor(0) == pytest.approx(0.1)
    assert recipe.learning_rate_factor(50) == 1.0
    assert recipe.learning_rate_factor(90) == pytest.approx(0.5)
    assert recipe.learning_rate_factor(100) == 0.0


def test_phases_cover_all_steps_once() -> None:
    recipe = load_recipe("open", ["steps=100", "late_share=0.25"])
    early, late = recipe.phases()
    assert (early.first, early.last, late.first, late.last) == (0, 75, 75, 100)
    assert (early.crop, late.crop) == (recipe.crop, recipe.late_crop)
    assert early.seed != late.seed
    assert len(load_recipe("open", ["late_share=0"]).phases()) == 1


@pytest.mark.parametrize("override", ["late_crop=100", "late_share=1.5", "late_batch_size=0"])
def test_late_phase_is_checked(override: str) -> None:
    with pytest.raises(UsageError):
        load_recipe("open", [override])
