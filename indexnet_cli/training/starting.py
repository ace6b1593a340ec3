"""Where a fresh run begins: drawn weights, an ImageNet encoder, or earlier weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from indexnet_cli.checkpoints.reading import read_state_dict
from indexnet_cli.checkpoints.recognition import differences, fitting_models, hint_for, shapes_of
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.indexnet import IndexNet
from indexnet_cli.models.registry import ModelSpec, build_network
from indexnet_cli.training.encoders import load_encoder
from indexnet_cli.training.far_branches import redraw_far_branches
from indexnet_cli.training.initialisation import (
    calibrate,
    initialise,
    load_folded_encoder,
    read_folded_encoder,
)
from indexnet_cli.training.narrowing import narrow
from indexnet_cli.training.published_starts import draw_published
from indexnet_cli.training.recipe import Recipe
from indexnet_cli.training.reviving import revive

REFINEMENT = "refine_"


@dataclass(frozen=True)
class Start:
    """An ImageNet ``encoder`` file (``.npz`` with folded batch norm, or a checkpoint), or ``init``,
    the state dict to begin with."""

    encoder: Path | None = None
    init: dict[str, Tensor] | None = None


def begin(
    network: nn.Module,
    spec: ModelSpec,
    recipe: Recipe,
    start: Start,
    pictures: Callable[[], Iterator[Tensor]],
) -> None:
    """Fill ``network`` for its first step.

    ``pictures`` gives network inputs, by which batch norm is calibrated and constant channels are
    found where the recipe says so.
    Raises ``CheckpointError`` and ``InputError`` for weights that do not fit, ``UsageError`` for a
    batch that is too small, and where weights are to be joined with a start that knows nothing.
    """
    if recipe.start_share and start.init is None:
        raise UsageError(
            f"start_share = {recipe.start_share}: the run does not start from trained weights",
            "Give some with --init, or leave it out.",
        )
    _fill(network, spec, recipe, start, pictures)
    if recipe.redraw_far:
        redraw_far_branches(network, list(pictures()))
    if recipe.revive:
        revive(network, list(pictures()))


def _fill(
    network: nn.Module,
    spec: ModelSpec,
    recipe: Recipe,
    start: Start,
    pictures: Callable[[], Iterator[Tensor]],
) -> None:
    if recipe.initialisation == "open":
        if start.init is None:
            initialise(network)
    else:
        draw_published(network, recipe.initialisation)
    if recipe.narrow:
        _narrow_initial(network, start.init, pictures)
        return
    if start.init is not None:
        _load_initial(network, start.init)
        return
    if start.encoder is not None and start.encoder.suffix == ".npz":
        if not hasattr(network, "layer0"):
            raise UsageError(
                f"{start.encoder}: a folded MobileNetV2 is no encoder of {spec.name}",
                "Choose the encoder that the recipe names, or --encoder none.",
            )
        load_folded_encoder(network, read_folded_encoder(start.encoder), spec.mean, spec.std)
    elif start.encoder is not None:
        load_encoder(network, read_state_dict(start.encoder), str(start.encoder))
    if recipe.calibration_batches and recipe.batch_size == 1:
        raise UsageError(
            "batch norm cannot be calibrated on batches of one sample",
            "Use --set batch_size=2 or more, start with --init, or --set calibration_batches=0.",
        )
    if recipe.calibration_batches:
        calibrate(network, pictures(), fresh_encoder=start.encoder is None)


def _narrow_initial(
    network: nn.Module, state: dict[str, Tensor] | None, pictures: Callable[[], Iterator[Tensor]]
) -> None:
    """``state`` of a wider IndexNet, or of the same."""
    if state is None:
        hint = "Give some with --init, or use --set narrow=false."
        raise UsageError("narrow = True: there are no weights to be narrowed", hint)
    given = shapes_of(state)
    fitting = [spec for spec in fitting_models(given) if spec.architecture == "indexnet"]
    if not fitting or not isinstance(network, IndexNet):
        problem = "only an IndexNet's can be narrowed, into another one"
        raise CheckpointError(f"the initial weights: {problem}", hint_for(given))
    wide = build_network(fitting[0])
    assert isinstance(wide, IndexNet)
    _load_initial(wide, state)
    try:
        narrow(wide, network, list(pictures()))
    except ValueError as error:
        raise CheckpointError(f"the initial weights: {error}", hint_for(given)) from error


def _load_initial(network: nn.Module, state: dict[str, Tensor]) -> None:
    """``state`` whole, but for a refinement stage that it may lack and then stays as drawn."""
    wanted, given = shapes_of(network.state_dict()), shapes_of(state)
    if not any(key.startswith(REFINEMENT) for key in given):
        wanted = {key: size for key, size in wanted.items() if not key.startswith(REFINEMENT)}
    problems = differences(wanted, given)
    if problems:
        raise CheckpointError(
            f"the initial weights do not fit the recipe's model; {'; '.join(problems)}",
            hint_for(given),
        )
    network.load_state_dict(state, strict=False)  # batch counters may be left out
