"""Losses are those of the published programs, number by number, and add up over pieces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.models.registry import IMAGENET_STD
from indexnet_cli.training.fitting import fit_alpha
from indexnet_cli.training.losses import LOSSES, Batch, Terms, count
from indexnet_cli.training.losses.aimnet import blur_kernel
from indexnet_cli.training.losses.chainer_dim import distance
from indexnet_cli.training.losses.open import laplacian_loss
from indexnet_cli.training.recipe import Recipe, load_recipe, recipe_names
from indexnet_cli.training.validation.open_kinds import unknown_error
from tests.golden.reading import read_arrays

OPEN = load_recipe("open")
RAW = load_recipe("open", ["fitted_weight=0"])


def terms_of(recipe: Recipe, outputs: Batch, batch: Batch) -> Terms:
    return LOSSES[recipe.loss](outputs, batch, count([batch], Ranks()), recipe)


def loss_of(recipe: Recipe, outputs: Batch, batch: Batch) -> Tensor:
    return torch.stack(list(terms_of(recipe, outputs, batch).values())).sum()


def random_batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.rand((2, channels, 32, 48), generator=generator)
        for name, channels in (("alpha", 1), ("image", 3), ("foreground", 3), ("background", 3))
    }
    unknown = torch.zeros(2, 1, 32, 48)
    unknown[0, :, 8:24, 8:40] = 1
    unknown[1, :, 4:9, 8:20] = 1
    return {**tensors, "unknown": unknown, "trimap": 0.5 * unknown}


def random_outputs() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    names = {"alpha": 1, "refined": 1, "scores": 3, "matting": 1, "fused": 1}
    return {n: torch.rand((2, c, 32, 48), generator=generator) for n, c in names.items()}


def tensors(prefix: str) -> dict[str, Tensor]:
    arrays = read_arrays("losses.npz")
    return {
        name.removeprefix(prefix): torch.from_numpy(np.asarray(value))
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


class TestIndexnet:
    @pytest.fixture
    def golden(self) -> dict[str, Tensor]:
        return tensors("indexnet_")

    def batch(self, golden: dict[str, Tensor]) -> Batch:
        return {
            "alpha": golden["alpha"],
            "unknown": golden["mask"],
            "image": golden["merged"],
            "foreground": golden["fg"],
            "background": golden["bg"],
        }

    def test_official_terms_and_gradient(self, golden: dict[str, Tensor]) -> None:
        alpha = golden["pred"].requires_grad_()
        recipe = load_recipe("indexnet")
        terms = terms_of(recipe, {"alpha": alpha}, self.batch(golden))
        for name, key in (("alpha", "alpha"), ("composition", "comp")):
            wanted = 0.5 * float(golden[f"official_{key}_term_unweighted"])
            assert float(terms[name].detach()) == pytest.approx(wanted, rel=1e-5)
        total = loss_of(recipe, {"alpha": alpha}, self.batch(golden))
        assert float(total.detach()) == pytest.approx(float(golden["official_total"]), rel=1e-5)
        total.backward()
        assert torch.allclose(alpha.grad, golden["official_grad"], rtol=1e-4, atol=1e-8)

    @pytest.mark.parametrize("name", ["indexnet-mmagic", "indexnet-mmagic-dimaug"])
    def test_openmmlab_terms(self, golden: dict[str, Tensor], name: str) -> None:
        terms = terms_of(load_recipe(name), {"alpha": golden["pred"]}, self.batch(golden))
        for term, key in (("alpha", "alpha"), ("composition", "comp")):
            wanted = float(golden[f"mmagic_indexnet_loss_{key}"])
            assert float(terms[term]) == pytest.approx(wanted, rel=1e-5)


class TestDeepImageMatting:
    @pytest.fixture
    def golden(self) -> dict[str, Tensor]:
        return tensors("dim_")

    def batch(self, golden: dict[str, Tensor]) -> Batch:
        return {
            "alpha": golden["alpha"] / 255,
            "unknown": (golden["trimap"] == 128).float(),
            "image": golden["img"] / 255,
            "foreground": golden["fg"] / 255,
            "background": golden["bg"] / 255,
        }

    @pytest.mark.parametrize(
        ("recipe", "settings", "key"),
        [
            ("dim-stage0", [], "stage0"),
            ("dim-stage1", [], "stage1_w0.5"),
            ("dim-stage1-skip", [], "stage1_w0.5"),
            ("dim-stage1", ["alpha_weight=0.3", "composition_weight=0.7"], "stage1_w0.3"),
            ("dim-stage2", [], "stage2"),
            ("dim-stage3", [], "stage3_w0.5"),
        ],
    )
    def test_every_stage(
        self, golden: dict[str, Tensor], recipe: str, settings: list[str], key: str
    ) -> None:
        outputs = {
            "alpha": golden["pred_mattes"].requires_grad_(),
            "refined": golden["pred_alpha"].requires_grad_(),
        }
        loss = loss_of(load_recipe(recipe, settings), outputs, self.batch(golden))
        assert float(loss.detach()) == pytest.approx(float(golden[key]), rel=1e-5)
        if f"{key}_grad" in golden:
            loss.backward()
            supervised = outputs["refined" if recipe == "dim-stage2" else "alpha"]
            assert torch.allclose(supervised.grad, golden[f"{key}_grad"], rtol=1e-4, atol=1e-8)

    def test_stage_0_counts_known_pixels_a_little(self, golden: dict[str, Tensor]) -> None:
        batch = self.batch(golden)
        batch["unknown"] = torch.zeros_like(batch["unknown"])
        loss = loss_of(load_recipe("dim-stage0"), {"alpha": golden["pred_mattes"]}, batch)
        assert float(loss) == pytest.approx(float(golden["stage0_no_unknown"]), rel=1e-5)


class TestChainer:
    def test_loss_and_gradient(self) -> None:
        golden = tensors("chainer_loss")
        unknown = {"unknown": (golden["_trimap"] == 128).float()}
        totals = count([unknown], Ranks())
        alpha = golden["_pred"].requires_grad_()
        loss = 0.5 * distance(alpha, golden["_target"], unknown, totals)
        colours = distance(golden["_pred_rgb"], golden["_target_rgb"], unknown, totals)
        total = loss + 0.5 * colours
        assert float(total.detach()) == pytest.approx(float(golden[""]), rel=1e-5)
        loss.backward()
        assert torch.allclose(alpha.grad, golden["_grad"], rtol=1e-4, atol=1e-8)

    def test_composition_teaches_nothing(self) -> None:
        recipe = load_recipe("dim-chainer", ["alpha_weight=0"])
        alpha = random_outputs()["alpha"].requires_grad_()
        terms = terms_of(recipe, {"alpha": alpha}, random_batch())
        assert float(terms["composition"]) > 0
        torch.stack(list(terms.values())).sum().backward()
        assert not alpha.grad.any()


# Our name of a term: the golden one; which output the golden gradient is of, if not fused.
AIMNET_TERMS = {
    "classes": "ce",
    "alpha": "alpha_tran",
    "laplacian": "lap_tran",
    "whole alpha": "alpha_whole",
    "whole laplacian": "lap_whole",
}
AIMNET_OUTPUTS = {"ce": "semantic", "alpha_tran": "matting", "lap_tran": "matting"}


class TestAimnet:
    @pytest.fixture
    def golden(self) -> dict[str, Tensor]:
        arrays = read_arrays("aimnet_losses.npz")
        return {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}

    def run(self, golden: dict[str, Tensor], recipe: Recipe) -> tuple[Batch, Terms]:
        outputs = {k: golden[k].clone().requires_grad_() for k in ("semantic", "matting", "fused")}
        batch = {
            "alpha": golden["mask"] / 255,
            "trimap": golden["usr"] / 255,
            "unknown": (golden["usr"] == 128).float(),
        }
        named = {"scores": outputs["semantic"]} | {k: outputs[k] for k in ("matting", "fused")}
        return outputs, terms_of(recipe, named, batch)

    def test_terms_and_gradients(self, golden: dict[str, Tensor]) -> None:
        recipe = load_recipe("aimnet-matting", ["composition_weight=0"])
        for term, key in AIMNET_TERMS.items():
            outputs, terms = self.run(golden, recipe)
            assert float(terms[term].detach()) == pytest.approx(float(golden[key]), rel=1e-5)
            terms[term].backward()
            gradient = outputs[AIMNET_OUTPUTS.get(key, "fused")].grad.flatten()[::37]
            assert torch.allclose(gradient, golden[f"{key}_grad"], rtol=1e-3, atol=1e-8), key

    def test_transfer_total(self, golden: dict[str, Tensor]) -> None:
        _, terms = self.run(golden, load_recipe("aimnet-transfer"))
        total = float(sum(terms.values()).detach())
        assert total == pytest.approx(float(golden["total_sod"]), rel=1e-5)

    def test_composition_by_its_gradient(self, golden: dict[str, Tensor]) -> None:
        """Of the first rows: the whole pictures would be half a megabyte."""
        std = torch.tensor(IMAGENET_STD)[:, None, None]  # the golden colours are normalised
        fused = golden["fused"][:, :, :12].clone().requires_grad_()
        names = {"ori": "image", "fg": "foreground", "bg": "background"}
        batch = {name: golden[f"{key}_rows"] * std for key, name in names.items()}
        batch |= {"alpha": golden["mask"] / 255, "unknown": (golden["usr"] == 128).float()}
        weights = dict.fromkeys(("alpha_weight", "laplacian_weight", "whole_alpha_weight"), 0)
        weights |= {"cross_entropy_weight": 0, "whole_laplacian_weight": 0}
        recipe = load_recipe("aimnet-matting", [f"{k}={v}" for k, v in weights.items()])
        terms = terms_of(recipe, {"fused": fused, "matting": fused}, batch)
        terms["composition"].backward()
        assert torch.allclose(fused.grad, golden["comp_whole_grad_rows"], rtol=1e-3, atol=1e-8)

    def test_kernel_is_the_published_sum(self, golden: dict[str, Tensor]) -> None:
        assert torch.allclose(blur_kernel(), golden["gauss_kernel"], rtol=1e-6)


@pytest.mark.parametrize("name", recipe_names())
def test_pieces_add_up(name: str) -> None:
    recipe, batch, outputs = load_recipe(name), random_batch(), random_outputs()
    whole = loss_of(recipe, outputs, batch)
    parts = [({k: v[i : i + 1] for k, v in batch.items()}) for i in range(2)]
    totals = count(parts, Ranks())
    sums = [
        LOSSES[recipe.loss]({k: v[i : i + 1] for k, v in outputs.items()}, part, totals, recipe)
        for i, part in enumerate(parts)
    ]
    assert float(sum(sum(terms.values()) for terms in sums)) == pytest.approx(float(whole), 1e-5)


class TestOpen:
    def test_truth_has_no_loss(self) -> None:
        batch = random_batch()
        assert loss_of(RAW, {"alpha": batch["alpha"]}, batch) == 0
        assert unknown_error(batch["alpha"], batch) == (0.0, 0.0)

    def test_gradient_stays_in_the_unknown_region(self) -> None:
        batch = random_batch()
        alpha = torch.full_like(batch["alpha"], 0.5).requires_grad_()
        loss_of(OPEN, {"alpha": alpha}, batch).backward()
        assert (alpha.grad[batch["unknown"] == 0] == 0).all()
        assert (alpha.grad[batch["unknown"] == 1] != 0).float().mean() > 0.99

    def test_no_unknown_pixel_gives_zero_and_not_nan(self) -> None:
        batch = random_batch()
        batch["unknown"].zero_()
        assert loss_of(OPEN, {"alpha": batch["alpha"] + 0.3}, batch) == 0

    def test_every_term_is_the_mean_of_raw_and_fitted_alpha(self) -> None:
        batch, alpha = random_batch(), random_outputs()["alpha"]
        fitted = {"alpha": fit_alpha(alpha, batch)}
        raw, of_fitted, both = (
            terms_of(recipe, outputs, batch)
            for recipe, outputs in (
                (RAW, {"alpha": alpha}),
                (RAW, fitted),
                (OPEN, {"alpha": alpha}),
            )
        )
        assert OPEN.fitted_weight == 1
        for name, value in both.items():
            assert raw[name] != of_fitted[name]
            torch.testing.assert_close(value, (raw[name] + of_fitted[name]) / 2)

    def test_predictions_beyond_the_range_are_fitted_as_the_engine_clips_them(self) -> None:
        batch, alpha = random_batch(), 3 * random_outputs()["alpha"] - 1
        batch["trimap"][batch["unknown"] == 0] = 1
        fitted = fit_alpha(alpha, batch)
        assert (fitted[batch["unknown"] == 0] == 1).all()
        assert torch.equal(fitted, fit_alpha(alpha.clamp(0, 1), batch))

    def test_laplacian_loss_is_absolutely_homogeneous(self) -> None:
        batch = random_batch()
        unknown, zero = batch["unknown"], torch.zeros_like(batch["alpha"])
        once = laplacian_loss(batch["alpha"], zero, unknown, unknown.sum())
        twice = laplacian_loss(-2 * batch["alpha"], zero, unknown, unknown.sum())
        assert torch.isclose(twice, 2 * once)

    def test_laplacian_loss_weighs_the_finest_level_most(self) -> None:
        """Of levels of 1, 1/4, 1/16, 1/64 of the pixels, weighted 1, 2, 4, 8: 1 in 1.875."""
        unknown = torch.ones(1, 1, 32, 32)
        rows, columns = torch.arange(32)[:, None], torch.arange(32)[None]
        checkers = (1.0 - 2.0 * ((rows + columns) % 2))[None, None]
        loss = laplacian_loss(0.3 * checkers, torch.zeros(1, 1, 32, 32), unknown, unknown.sum())
        torch.testing.assert_close(loss, torch.tensor(0.3 / 1.875))


@pytest.mark.parametrize("name", ["indexnet", "indexnet-mmagic", "dim-stage1", "dim-chainer"])
def test_no_unknown_pixel_is_no_number_nowhere(name: str) -> None:
    """The published programs divide by zero here, but for Deep Image Matting's."""
    batch = random_batch()
    batch["unknown"].zero_()
    assert torch.isfinite(loss_of(load_recipe(name), random_outputs(), batch))
