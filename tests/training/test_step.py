"""A step: the published first steps, pieces, precision, NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.models.deepmatting import DeepMatting
from indexnet_cli.models.dim import DeepImageMatting
from indexnet_cli.models.indexnet import build_indexnet
from indexnet_cli.models.registry import resolve_model
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.step import TrainingStep
from tests.golden.reading import read_arrays, read_configurations, seeded_tensors
from tests.golden.seeded_weights import seeded_input

CPU = torch.device("cpu")
WIDTH = 4  # of a small Deep Image Matting


def small_dim(seed: int = 0, refine: bool = False) -> nn.Module:
    torch.manual_seed(seed)
    return DeepImageMatting(skip=True, refine=refine, width=WIDTH)


def random_batch(samples: int, seed: int = 0, side: int = 32) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"alpha": 1, "image": 3, "foreground": 3, "background": 3}
    batch = {
        n: torch.rand((samples, c, side, side), generator=generator) for n, c in shapes.items()
    }
    unknown = torch.zeros(samples, 1, side, side)
    for number in range(samples):  # each sample has another share
        unknown[number, :, : 4 + 5 * number] = 1
    return {**batch, "unknown": unknown, "trimap": 0.5 * unknown}


def small_step(*settings: str, recipe: str = "dim-stage1-skip", seed: int = 0) -> TrainingStep:
    loaded = load_recipe(recipe, list(settings))
    network = small_dim(seed, refine=recipe in ("dim-stage2", "dim-stage3"))
    return TrainingStep(network, resolve_model(loaded.model), loaded, CPU)


def weights(step: TrainingStep) -> Tensor:
    return torch.cat([p.detach().flatten() for p in step.network.parameters()])


Taken = tuple[TrainingStep, list[float], list[float]]


@pytest.fixture(scope="module")
def taken() -> Taken:
    golden = read_arrays("train_steps.npz")
    samples, height, width = (int(n) for n in golden["shape"])
    x = torch.from_numpy(seeded_input(int(golden["input_seed"]), height, width, samples))
    rng = np.random.default_rng(int(golden["target_seed"]))
    batch = {
        name: torch.from_numpy(rng.uniform(size=(samples, c, height, width)).astype("f4"))
        for name, c in (("alpha", 1), ("foreground", 3), ("background", 3), ("image", 3))
    }
    unknown = ((x[:, 3:] > 0.4) & (x[:, 3:] < 0.6)).float()
    batch |= {"unknown": unknown, "trimap": x[:, 3:]}
    network = build_indexnet()
    keys = read_configurations()["m2o_nl1_c1"].keys
    network.load_state_dict(seeded_tensors(keys))
    recipe = load_recipe("indexnet", ["dropout=0"])
    step = TrainingStep(network, resolve_model(recipe.model), recipe, CPU)
    step.feed = lambda _batch: x  # type: ignore[assignment]
    losses, norms = [], []
    for number in range(3):
        losses.append(step([batch], number, 1.0).loss)
        if number == 0:
            norms = [float(p.grad.norm()) for p in network.parameters()]  # type: ignore[union-attr]
    return step, losses, norms


class TestPublishedSteps:
    """Three Adam steps of IndexNet's authors' program, dropout off."""

    def test_losses(self, taken: Taken) -> None:
        wanted = read_arrays("train_steps.npz")["losses"]
        assert taken[1][0] == pytest.approx(wanted[0], rel=1e-4)
        assert taken[1] == pytest.approx(list(wanted), rel=1e-2)

    def test_gradients(self, taken: Taken) -> None:
        golden = read_arrays("train_steps.npz")
        names = [name for name, _ in taken[0].network.named_parameters()]
        assert names == list(golden["param_names"])
        # The ASPP normalises two pooled values a channel: its gradient amplifies rounding so much
        # that this network's float32 gradients are 5 % away from its float64 ones.
        assert np.allclose(taken[2], golden["grad_norms"], rtol=0.08)
        assert np.median(np.abs(taken[2] / golden["grad_norms"] - 1)) < 0.03

    def test_learning_rates(self, taken: Taken) -> None:
        golden = read_arrays("train_steps.npz")
        sizes: dict[float, int] = {}
        for group in taken[0].optimizer.param_groups:
            rate = group["lr"]
            sizes[rate] = sizes.get(rate, 0) + sum(p.numel() for p in group["params"])
        assert sizes == {1e-2: int(golden["n_params_fast"]), 1e-4: int(golden["n_params_slow"])}

    def test_statistics_are_learned(self, taken: Taken) -> None:
        found = taken[0].network.state_dict()["layer0.1.running_mean"]
        wanted = torch.from_numpy(read_arrays("train_steps.npz")["running_mean_layer0_after3"])
        assert torch.allclose(found, wanted, atol=2e-3)


@pytest.mark.parametrize("recipe", ["dim-stage1-skip", "dim-stage0", "dim-stage3"])
def test_pieces_make_the_same_step(recipe: str) -> None:
    whole, parts = small_step(recipe=recipe), small_step(recipe=recipe)
    batch = random_batch(4)
    cut = [{k: v[i : i + 2] for k, v in batch.items()} for i in (0, 2)]
    for number in range(2):
        one, two = whole([batch], number, 1.0), parts(cut, number, 1.0)
        assert one.loss == pytest.approx(two.loss, rel=1e-5)
        assert one.gradient_norm == pytest.approx(two.gradient_norm, rel=1e-4)


def test_stage_2_trains_the_refinement_alone() -> None:
    step = small_step(recipe="dim-stage2")
    before = {k: v.clone() for k, v in step.network.state_dict().items()}
    step([random_batch(1)], 0, 1.0)
    after = step.network.state_dict()
    moved = {key for key in before if not torch.equal(before[key], after[key])}
    assert moved == {key for key in before if key.startswith("refine_")}


@pytest.mark.parametrize("poison", ["image", "alpha"])
def test_no_number_moves_nothing(poison: str) -> None:
    step = small_step()
    before = weights(step)
    batch = random_batch(1)
    batch[poison][0, 0, 0, 0] = float("nan")
    outcome = step([batch], 0, 1.0)
    assert outcome.bad
    assert "not a number" in outcome.skipped
    assert torch.equal(weights(step), before)
    assert not step([random_batch(1)], 1, 1.0).skipped


def test_no_number_leaves_the_statistics_alone() -> None:
    torch.manual_seed(0)
    recipe = load_recipe("deep-matting")
    spec = resolve_model(recipe.model)
    step = TrainingStep(DeepMatting(width=WIDTH), spec, recipe, CPU)
    batch = random_batch(2)
    batch["image"][0, 0, 0, 0] = float("nan")
    assert step([batch], 0, 1.0).bad
    assert all(torch.isfinite(buffer).all() for buffer in step.network.buffers())


def test_clipping_bounds_the_gradient() -> None:
    step = small_step("clip_norm=0.001", "optimizer=sgd", "momentum=0", "learning_rate=1")
    before = weights(step)
    outcome = step([random_batch(2)], 0, 1.0)
    assert outcome.gradient_norm > 0.001
    assert float((weights(step) - before).norm()) == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_takes_nearly_the_same_step(precision: str) -> None:
    exact, rough = small_step(), small_step(f"precision={precision}")
    assert rough.scaler.is_enabled() == (precision == "fp16")
    batch = random_batch(2)
    one, other = exact([batch], 0, 1.0), rough([batch], 0, 1.0)
    assert not other.skipped
    assert other.loss == pytest.approx(one.loss, rel=0.02)
    assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=0.1)


def test_overflow_in_fp16_lowers_the_scale_and_is_not_bad() -> None:
    step = small_step("precision=fp16")
    step.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    outcome = step([random_batch(1)], 0, 1.0)
    assert outcome.skipped
    assert not outcome.bad
    assert step.scaler.get_scale() < 2.0**60


def test_live_norms_follow_the_pictures_and_the_others_stay() -> None:
    recipe = load_recipe("open", ["precision=fp32"])
    torch.manual_seed(0)
    network = build_indexnet()
    step = TrainingStep(network, resolve_model(recipe.model), recipe, CPU)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    step([random_batch(2, side=64)], 0, 1.0)
    moved = {
        name.rpartition(".")[0]
        for name, value in network.state_dict().items()
        if name.endswith("running_mean") and not torch.equal(value, before[name])
    }
    norms = {n for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
    assert moved == {name for name in norms if name.startswith(recipe.live_norms)} != set()
