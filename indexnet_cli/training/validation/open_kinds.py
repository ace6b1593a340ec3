"""Validation on synthetic pictures of the held-out split, a figure for each kind of matte."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from indexnet_cli.datasets.mattes import kinds_of
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.models.registry import ModelSpec
from indexnet_cli.training.batches import to_tensors
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.fitting import fit_alpha
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.step import autocast
from indexnet_cli.training.validation.result import Rows

VALIDATION_SEED = 0  # the same pictures for every run


class OpenKinds:
    """``validation_per_kind`` samples of each kind of matte, drawn from the pack.

    What is scored is the alpha that the recipe's losses see last: fitted, where they fit it.
    """

    columns = ("mad", "mse")

    def __init__(self, pack: Pack, recipe: Recipe) -> None:
        self.recipe = recipe
        self.samples: dict[str, list[Sample]] = {}
        for kind in kinds_of(pack):
            drawn = OpenCompositions(
                pack, VALIDATION_SEED, recipe.validation_crop, split="validation", kinds=[kind]
            )
            self.samples[kind] = [drawn[i] for i in range(recipe.validation_per_kind)]

    def examples(self) -> list[Sample]:
        """The first picture of some kinds."""
        return [samples[0] for samples in self.samples.values()]

    @torch.no_grad()
    def score(
        self, network: nn.Module, spec: ModelSpec, device: torch.device, ranks: Ranks
    ) -> Rows:
        """MAD and MSE over the unknown region, mean of each kind, and of all kinds as ``mean``.

        The first process computes them. Leaves the network in evaluation mode.
        """
        network.eval()
        if not ranks.leads:
            return {}
        feed = Feed(spec, device)
        scores = {}
        for kind, samples in self.samples.items():
            errors = []
            for sample in samples:
                batch = {key: value[None] for key, value in to_tensors(sample).items()}
                with autocast(self.recipe, device):
                    alpha = network(feed(batch))
                alpha = alpha.float().cpu()
                if self.recipe.fits_colours:
                    alpha = fit_alpha(alpha, batch)
                errors.append(unknown_error(alpha, batch))
            scores[kind] = _mean(errors)
        return {**scores, "mean": _mean(list(scores.values()))}


def unknown_error(alpha: Tensor, batch: dict[str, Tensor]) -> tuple[float, float]:
    """Mean absolute and mean squared error of the clipped alpha over the unknown region."""
    difference = (alpha.clamp(0, 1) - batch["alpha"]) * batch["unknown"]
    count = batch["unknown"].sum().clamp(min=1)
    return float(difference.abs().sum() / count), float(difference.square().sum() / count)


def _mean(scores: list[tuple[float, float]]) -> tuple[float, float]:
    absolute, squared = zip(*scores, strict=True)
    return sum(absolute) / len(scores), sum(squared) / len(scores)
