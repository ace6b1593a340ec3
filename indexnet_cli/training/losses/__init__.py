"""Losses by the name that a recipe gives: outputs and batch in, weighted terms out."""

from __future__ import annotations

from collections.abc import Callable

from indexnet_cli.training.losses.aimnet import aimnet_terms
from indexnet_cli.training.losses.chainer_dim import chainer_terms
from indexnet_cli.training.losses.dim import dim_terms, stage0_terms
from indexnet_cli.training.losses.guides import guide_terms
from indexnet_cli.training.losses.indexnet import official_terms, openmmlab_terms
from indexnet_cli.training.losses.open import open_terms
from indexnet_cli.training.losses.totals import Batch, Terms, Totals, count
from indexnet_cli.training.recipe import Recipe

__all__ = ["Batch", "LOSSES", "Loss", "Terms", "Totals", "count", "guide_terms"]

Loss = Callable[[Batch, Batch, Totals, Recipe], Terms]

LOSSES: dict[str, Loss] = {
    "open": open_terms,
    "indexnet": official_terms,
    "openmmlab": openmmlab_terms,
    "dim-stage0": stage0_terms,
    "dim": dim_terms,
    "aimnet": aimnet_terms,
    "dim-chainer": chainer_terms,
}
