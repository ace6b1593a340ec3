"""Losses see the unknown region and nothing else."""

import torch
from torch import Tensor

from indexnet_cli.training.losses import laplacian_loss, masked_mean, open_loss, unknown_error
from indexnet_cli.training.recipe import load_recipe

RECIPE = load_recipe("open")


def batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    tensors = {
        name: torch.rand((2, channels, 32, 48), generator=generator)
        for name, channels in (("alpha", 1), ("foreground", 3), ("background", 3))
    }
    unknown = torch.zeros(2, 1, 32, 48)
    unknown[:, :, 8:24, 8:40] = 1
    return {**tensors, "unknown": unknown}


def test_truth_has_no_loss() -> None:
    samples = batch()
    assert open_loss(samples["alpha"], samples, RECIPE) == 0
    assert unknown_error(samples["alpha"], samples) == (0.0, 0.0)


def test_gradient_stays_in_the_unknown_region() -> None:
    samples = batch()
    alpha = torch.full_like(samples["alpha"], 0.5).requires_grad_()
    open_loss(alpha, samples, RECIPE).backward()
    assert alpha.grad is not None
    assert (alpha.grad[samples["unknown"] == 0] == 0).all()
    assert (alpha.grad[samples["unknown"] == 1] != 0).float().mean() > 0.99


def test_no_unknown_pixel_gives_zero_and_not_nan() -> None:
    samples = batch()
    samples["unknown"].zero_()
    assert open_loss(samples["alpha"] + 0.3, samples, RECIPE) == 0


def test_masked_mean_counts_channels() -> None:
    samples = batch()
    assert torch.isclose(
        masked_mean(torch.full((2, 3, 32, 48), 0.25), samples["unknown"]), torch.tensor(0.25)
    )


def test_laplacian_loss_is_absolutely_homogeneous() -> None:
    samples = batch()
    zero = torch.zeros_like(samples["alpha"])
    once = laplacian_loss(samples["alpha"], zero, samples["unknown"])
    twice = laplacian_loss(-2 * samples["alpha"], zero, samples["unknown"])
    assert torch.isclose(twice, 2 * once)
