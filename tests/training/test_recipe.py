"""Recipes are read whole, and overridden only by keys that exist."""

from pathlib import Path

import pytest
import torch

from indexnet_cli.checkpoints.manifest import load_manifest
from indexnet_cli.datasets.sources import SAMPLINGS
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads(name: str) -> None:
    assert load_recipe(name).crop % 32 == 0


def test_override_changes_the_value_with_its_type() -> None:
    recipe = load_recipe("open", ["crop=64", "learning_rate=1e-4"])
    assert (recipe.crop, recipe.learning_rate) == (64, 1e-4)


@pytest.mark.parametrize(
    "override",
    [
        "crops=64",
        "crop",
        "crop=big",
        "crop=65",
        "steps=0",
        "steps=1.5",
        "loss=l1",
        "accumulate=7",
        "amsgrad=perhaps",
        "milestones=a,b",
    ],
)
def test_bad_override_is_refused(override: str) -> None:
    with pytest.raises(UsageError):
        load_recipe("open", [override])


def test_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="open"):
        load_recipe("closed")


@pytest.mark.parametrize("override", ["late_crop=100", "late_share=1.5", "late_batch_size=0"])
def test_late_phase_is_checked(override: str) -> None:
    with pytest.raises(UsageError):
        load_recipe("open", [override])


def test_lists_and_truths_are_overridden_as_text() -> None:
    recipe = load_recipe("dim-chainer", ["amsgrad=true", "milestones=3,5", "frozen=conv1,conv2"])
    assert (recipe.amsgrad, recipe.milestones) == (True, (3, 5))
    assert recipe.frozen == ("conv1", "conv2")


def test_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('model = "indexnet.open"\ncrop = 64\nbatch_size = 1\nlearning_rate = 1e-3\n')
    with pytest.raises(UsageError, match="steps, epochs or minutes"):
        load_recipe(str(path))
    assert load_recipe(str(path), ["steps=5"]).learning_rate == 1e-3
    path.write_text('modell = "indexnet.open"')
    with pytest.raises(UsageError, match="modell"):
        load_recipe(str(path))
    with pytest.raises(InputError):
        load_recipe(str(tmp_path / "absent.toml"))


PUBLISHED = {
    # recipe: model, batch, length, learning rates (new, encoder), seed, loss weights
    "indexnet": ("indexnet.official", 16, 30, (1e-2, 1e-4), 6, (0.5, 0.5)),
    "indexnet-mmagic": ("indexnet.openmmlab", 16, 78000, (1e-2, 1e-4), 0, (0.5, 1.5)),
    "indexnet-mmagic-dimaug": ("indexnet.openmmlab-dimaug", 16, 78000, (1e-2, 1e-4), 0, (0.5, 1.5)),
    "deep-matting": ("deepmatting.official", 16, 30, (1e-2, 1e-4), 6, (0.5, 0.5)),
    "dim-stage0": ("dim.stage0", 1, 12, (1e-5, 0.0), 123, (1.0, 0.0)),
    "dim-stage1": ("dim.stage1", 1, 12, (1e-5, 0.0), 123, (0.5, 0.5)),
    "dim-stage1-skip": ("dim.stage1-skip", 1, 12, (1e-5, 0.0), 123, (0.5, 0.5)),
    "dim-stage2": ("dim.refine", 1, 12, (1e-5, 0.0), 123, (0.0, 0.0)),
    "dim-stage3": ("dim.refine", 1, 12, (1e-5, 0.0), 123, (0.5, 0.5)),
    "aimnet-transfer": ("aimnet.update", 16, 100, (1e-4, 0.0), 0, (1.0, 0.0)),
    "aimnet-matting": ("aimnet.update", 16, 50, (1e-6, 0.0), 0, (1.0, 1.0)),
    "dim-chainer": ("dim.chainer", 2, 200, (1e-5, 0.0), 0, (0.5, 0.5)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_numbers(name: str) -> None:
    recipe = load_recipe(name)
    assert (
        recipe.model,
        recipe.batch_size,
        recipe.epochs or recipe.steps,
        (recipe.learning_rate, recipe.encoder_learning_rate),
        recipe.seed,
        (recipe.alpha_weight, recipe.composition_weight),
    ) == PUBLISHED[name]
    assert recipe.crop == 320
    assert (recipe.weight_decay, recipe.clip_norm, recipe.ema_decay) == (0, 0, 0)
    assert (recipe.precision, recipe.batch_norm) == ("fp32", "training")


@pytest.mark.parametrize("name", recipe_names())
def test_names_in_recipes_exist(name: str) -> None:
    recipe = load_recipe(name)
    with torch.device("meta"):
        network = build_network(resolve_model(recipe.model))
    names = [key for key, _ in network.named_parameters()]
    for beginning in (*recipe.encoder, *recipe.frozen):
        assert any(key.startswith(beginning) for key in names), beginning
    entries = load_manifest()
    assert not recipe.encoder_weights or entries[recipe.encoder_weights].kind == "encoder"
    assert recipe.start_from in {"", *entries, *recipe_names()}
    assert recipe.sampling in SAMPLINGS
