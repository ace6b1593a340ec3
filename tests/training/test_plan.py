"""Which step draws which samples, at which rate."""

from __future__ import annotations

import pytest

from indexnet_cli.errors import UsageError
from indexnet_cli.training.plan import Plan
from indexnet_cli.training.recipe import load_recipe

ENDLESS = 10**9


def test_learning_rate_warms_up_stays_and_decays_to_zero() -> None:
    recipe = load_recipe("open", ["steps=100", "warmup_steps=10", "decay_share=0.2"])
    plan = Plan(recipe, ENDLESS)
    assert plan.rate_factor(0) == pytest.approx(0.1)
    assert plan.rate_factor(50) == 1.0
    assert plan.rate_factor(90) == pytest.approx(0.5)
    assert plan.rate_factor(100) == 0.0


def test_phases_cover_all_steps_once() -> None:
    recipe = load_recipe("open", ["steps=100", "late_share=0.25"])
    plan = Plan(recipe, ENDLESS)
    early, late = plan.phase(0), plan.phase(75)
    assert (early.first, early.last, late.first, late.last) == (0, 75, 75, 100)
    assert {plan.phase(step) for step in range(100)} == {early, late}
    assert (early.crop, late.crop) == (recipe.crop, recipe.late_crop)
    assert early.seed != late.seed
    assert plan.is_over(100)
    assert not plan.is_over(99)
    whole = Plan(load_recipe("open", ["late_share=0", "steps=100"]), ENDLESS)
    assert whole.phase(99) == whole.phase(0)


def test_a_run_in_minutes_goes_by_the_clock() -> None:
    settings = ["minutes=10", "warmup_steps=10", "decay_share=0.2", "late_share=0.25"]
    plan = Plan(load_recipe("open", settings), ENDLESS)
    assert plan.rate_factor(0, 0.0) == pytest.approx(0.1)
    assert plan.rate_factor(5000, 300.0) == 1.0
    assert plan.rate_factor(5000, 540.0) == pytest.approx(0.5)
    early, late = plan.phase(4000, 449.0), plan.phase(4000, 450.0)
    assert early == plan.phase(0)
    assert early.crop == plan.recipe.crop
    assert late.crop == plan.recipe.late_crop
    assert late.first <= 4000 < late.last
    assert plan.is_over(7, 600.0)
    assert not plan.is_over(10**6, 599.0)
    with pytest.raises(UsageError, match="milestones"):
        load_recipe("indexnet", ["minutes=10"])


def test_published_indexnet_takes_80790_steps_in_three_rates() -> None:
    plan = Plan(load_recipe("indexnet"), 43100)
    assert (plan.epoch_steps, plan.steps) == (2693, 80790)
    epochs = (1, 20, 21, 26, 27, 30)
    rates = [1e-2 * plan.rate_factor(2693 * epoch - 1) for epoch in epochs]
    assert rates == pytest.approx([1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])


def test_openmmlab_lowers_the_rate_by_steps() -> None:
    plan = Plan(load_recipe("indexnet-mmagic"), 43100)
    rates = [plan.rate_factor(step) for step in (51999, 52000, 67599, 67600)]
    assert rates == pytest.approx([1, 0.1, 0.1, 0.01])


def test_chainer_s_linear_decay_is_by_epoch() -> None:
    settings = ["schedule=linear", "learning_rate=5e-5", "final_learning_rate=5e-6", "epochs=10"]
    plan = Plan(load_recipe("dim-chainer", settings), 20)
    assert 5e-5 * plan.rate_factor(9) == pytest.approx(5e-5)
    assert plan.rate_factor(10) == plan.rate_factor(19) < 1
    assert 5e-5 * plan.rate_factor(99) == pytest.approx(5e-6)


def test_the_rest_of_an_epoch_is_dropped() -> None:
    plan = Plan(load_recipe("indexnet", ["batch_size=4", "epochs=2"]), 10)
    drawn = [list(plan.indices(step, 4)) for step in range(plan.steps)]
    assert drawn == [[0, 1, 2, 3], [4, 5, 6, 7], [10, 11, 12, 13], [14, 15, 16, 17]]


def test_fewer_samples_than_a_batch_still_train() -> None:
    plan = Plan(load_recipe("indexnet", ["batch_size=16", "epochs=3"]), 10)
    assert plan.steps == 3
    assert list(plan.indices(1, 16)) == list(range(16, 32))
