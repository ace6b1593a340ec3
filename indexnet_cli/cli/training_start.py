"""Which weights a training run starts from: fetched, bundled, or the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexnet_cli.cli.output import Output
from indexnet_cli.errors import CheckpointError, UsageError

if TYPE_CHECKING:
    from indexnet_cli.training.recipe import Recipe
    from indexnet_cli.training.starting import Start

NONE, BUNDLED = "none", "open"


def choose_start(
    recipe: Recipe, goes_on: bool, encoder: str | None, init: str | None, out: Output
) -> Start:
    """What ``--encoder`` and ``--init`` say, or else the recipe; nothing for a run that goes on.

    Known checkpoints that are not here are fetched. Raises UsageError for an unknown name,
    CheckpointError for what cannot be fetched or read.
    """
    from indexnet_cli.training.starting import Start

    if goes_on:
        return Start()
    initial = init or (recipe.start_from if encoder is None else "")
    if initial:
        return Start(init=_initial_state(initial, init is None, recipe, out))
    wanted = recipe.encoder_weights if encoder is None else encoder
    if wanted in ("", NONE):
        return Start()
    return Start(encoder=_encoder_file(wanted, out))


def _initial_state(name: str, of_recipe: bool, recipe: Recipe, out: Output) -> dict:
    from indexnet_cli.checkpoints.locating import find_checkpoint
    from indexnet_cli.checkpoints.manifest import load_manifest
    from indexnet_cli.checkpoints.reading import read_state_dict
    from indexnet_cli.cli.weights.pulling import pull_if_missing
    from indexnet_cli.models.registry import DEFAULT_MODEL

    if name == BUNDLED:
        name = DEFAULT_MODEL
    if of_recipe and name not in load_manifest():
        raise UsageError(
            f"this recipe starts from what the recipe {name} made, which nobody published",
            f"Give it with --init, as --init runs/{name}/weights.safetensors.",
        )
    pull_if_missing(None, name, out)
    return read_state_dict(find_checkpoint(recipe.model, name).path)


def _encoder_file(wanted: str, out: Output) -> Path:
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.manifest import load_manifest
    from indexnet_cli.cli.weights.pulling import pull
    from indexnet_cli.cli.weights.wording import state

    path = Path(wanted).expanduser()
    if path.is_file():
        return path
    encoders = {name: e for name, e in load_manifest().items() if e.kind == "encoder"}
    if wanted not in encoders:
        raise UsageError(
            f"--encoder {wanted}: neither a file nor a known encoder",
            f"Known: {', '.join(encoders)}; or none.",
        )
    entry = encoders[wanted]
    if state(entry) not in ("bundled", "cached"):
        try:
            pull(entry, out)
        except CheckpointError as error:
            alike = [n for n in encoders if n != wanted and n.split(".")[0] == wanted.split(".")[0]]
            others = "".join(f"--encoder {name}, or " for name in alike)
            hint = f"{error.hint}\n  Or start elsewhere: {others}--encoder none."
            raise CheckpointError(error.message, hint.strip()) from error
    return entry_path(entry)
