"""Windows of samples: alpha there is that of the whole, and the whole learns."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from indexnet_cli.errors import UsageError
from indexnet_cli.models.indexnet import build_indexnet
from indexnet_cli.models.indexnet.network import IndexNet
from indexnet_cli.models.registry import resolve_model
from indexnet_cli.training.initialisation import calibrate, initialise
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.step import TrainingStep
from indexnet_cli.training.windows import Windowed, cut, with_windows
from tests.training.test_step import random_batch, small_dim

CPU = torch.device("cpu")
SIDE = 32
WEIGHTS = ("half_weight=0.5", "eighth_weight=0.25", "bottom_weight=0.25")


def drawn_network() -> IndexNet:
    torch.manual_seed(0)
    network = build_indexnet()
    assert isinstance(network, IndexNet)
    initialise(network)
    generator = torch.Generator().manual_seed(0)
    calibrate(network, [torch.rand((2, 4, 96, 96), generator=generator)], fresh_encoder=True)
    return network


@pytest.mark.parametrize(
    "corners", [[[0, 0], [64, 64]], [[0, 64], [30, 2]]], ids=["in corners", "at an edge, inside"]
)
def test_alpha_of_a_window_is_that_of_the_whole(corners: list[list[int]]) -> None:
    network = drawn_network()
    x = torch.rand((2, 4, 96, 96), generator=torch.Generator().manual_seed(1))
    places = torch.tensor(corners)
    with torch.no_grad():
        whole = cut(network(x), places, SIDE)
        windows = Windowed(network, SIDE)(x, places)["alpha"]
    assert whole.std() > 0.02
    assert torch.allclose(windows, whole, atol=1e-5)


def lone_pixel(row: int, column: int) -> Tensor:
    unknown = torch.zeros(1, 1, 96, 96)
    unknown[0, 0, row, column] = 1
    return unknown


@pytest.mark.parametrize("spot", [(0, 0), (95, 40), (47, 48)])
def test_a_window_shows_what_is_unknown(spot: tuple[int, int]) -> None:
    batch = {**random_batch(1, side=96), "unknown": lone_pixel(*spot)}
    windowed = with_windows(batch, SIDE)
    assert windowed["alpha"].shape == windowed["unknown"].shape == (1, 1, SIDE, SIDE)
    assert windowed["unknown"].sum() == 1
    assert torch.equal(windowed["whole_unknown"], batch["unknown"])
    top, left = windowed["corners"][0].tolist()
    assert top % 2 == left % 2 == 0
    assert torch.equal(windowed["weight"], windowed["unknown"])  # all that there is
    part = batch["image"][:, :, top : top + SIDE, left : left + SIDE]
    assert torch.equal(windowed["image"], part)


def test_a_sample_alone_decides_where_its_window_is() -> None:
    batch = random_batch(4, side=96)
    together = with_windows(batch, SIDE)["corners"]
    alone = [with_windows({k: v[n : n + 1] for k, v in batch.items()}, SIDE) for n in range(4)]
    assert torch.equal(together, torch.cat([one["corners"] for one in alone]))
    assert len(together.unique(dim=0)) > 1


def test_a_window_stands_for_its_sample() -> None:
    batch = {**random_batch(2, side=96), "unknown": torch.ones(2, 1, 96, 96)}
    batch["unknown"][0, :, :, 48:] = 0
    weight = with_windows(batch, SIDE)["weight"]
    assert weight.sum((1, 2, 3)).tolist() == pytest.approx([96 * 48, 96 * 96])


def test_nothing_unknown_has_a_window_too() -> None:
    batch = {**random_batch(1, side=96), "unknown": torch.zeros(1, 1, 96, 96)}
    assert with_windows(batch, SIDE)["image"].shape == (1, 3, SIDE, SIDE)


def step_of(*settings: str) -> TrainingStep:
    recipe = load_recipe("open", ["precision=fp32", "crop=96", f"window={SIDE}", *settings])
    network = drawn_network()
    return TrainingStep(network, resolve_model(recipe.model), recipe, CPU)


def test_all_parts_learn() -> None:
    step = step_of(*WEIGHTS, "frozen=layer0.,layer1.")
    batch = random_batch(2, side=96)
    for number in range(2):  # guides are 0 at first, and pass no gradient on
        outcome = step([batch], number, 1.0)
        assert not outcome.skipped
    assert {"alpha", "half", "eighth", "bottom"} <= outcome.terms.keys()
    assert all(value > 0 for value in outcome.terms.values())
    still = {n for n, p in step.network.named_parameters() if p.grad is None}
    frozen = {n for n, _ in step.network.named_parameters() if n.startswith(("layer0.", "layer1."))}
    assert still == frozen
    assert step.guides is not None
    assert all(p.grad is not None and p.grad.any() for p in step.guides.parameters())


def test_the_bottom_has_a_guide_only_where_it_is_heard() -> None:
    for weight, names in (
        (0, {"at_half", "at_eighth"}),
        (1, {"at_half", "at_eighth", "at_bottom"}),
    ):
        step = step_of("half_weight=1", "eighth_weight=1", f"bottom_weight={weight}")
        assert step.guides is not None
        assert {name.partition(".")[0] for name in step.guides.state_dict()} == names


def test_pieces_make_the_same_step() -> None:
    settings = (*WEIGHTS, "dropout=0", "live_norms=")
    whole, parts = step_of(*settings), step_of(*settings)
    batch = random_batch(4, side=96)
    cut_up = [{k: v[i : i + 2] for k, v in batch.items()} for i in (0, 2)]
    one, two = whole([batch], 0, 1.0), parts(cut_up, 0, 1.0)
    assert one.terms == pytest.approx(two.terms, rel=1e-4)


def test_guides_are_compared_with_means() -> None:
    names = ("half", "eighth", "bottom")
    step = step_of(*(f"{name}_weight=1" for name in names), "laplacian_weight=0")
    batch = {**random_batch(1, side=96), "unknown": torch.ones(1, 1, 96, 96)}
    batch["alpha"] = torch.full_like(batch["alpha"], 0.75)
    terms = step([batch], 0, 0.0).terms  # guides say 0.5 at first; no Laplacian of a constant
    assert [terms[name] for name in names] == pytest.approx([0.25] * 3, rel=1e-4)


def test_other_networks_are_refused() -> None:
    recipe = load_recipe("open", ["crop=96", "window=32", "late_share=0"])
    with pytest.raises(UsageError, match="only IndexNet"):
        TrainingStep(small_dim(), resolve_model(recipe.model), recipe, CPU)


@pytest.mark.parametrize(
    ("recipe", "setting"),
    [
        ("indexnet", "window=32"),
        ("open", "half_weight=1"),
        ("open", "eighth_weight=1"),
        ("open", "bottom_weight=1"),
    ],
)
def test_settings_that_would_do_nothing_are_refused(recipe: str, setting: str) -> None:
    with pytest.raises(UsageError, match=setting.split("=")[0]):
        load_recipe(recipe, [setting])


@pytest.mark.parametrize("window", ["31", "78", "-2"])
def test_windows_that_do_not_fit_are_refused(window: str) -> None:
    with pytest.raises(UsageError, match="window"):
        load_recipe("open", ["crop=96", f"window={window}"])
