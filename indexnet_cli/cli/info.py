"""``indexnet info``: versions, devices, cache, and the checkpoint that would be used."""

from __future__ import annotations

import platform
from typing import Annotated, Any

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, VerboseOption, WeightsOption
from indexnet_cli.cli.output import Output

PACKAGES = (
    "torch",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "typer",
    "rich",
    "platformdirs",
    "requests",
    "filelock",
    "safetensors",
)
COUNTED_SIZE = 224
GIGA = 2**30  # the unit in which the published figures are counted
NOTES = {
    "indexnet": "published as 8.15 M and 6.30 G: a miscount (index blocks counted with doubled "
    "hidden channels); the published scores are of this network",
    "aimnet": "513,000 parameters are the encoder's ImageNet classifier, which is not used",
}


@reports_failures
def info(
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Count parameters and multiply-adds."),
    ] = None,
    weights: WeightsOption = None,
    json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Show versions, devices, cache, and which checkpoint would be used and why.

    Examples:

      indexnet info

      indexnet info --model indexnet.open --json
    """
    from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

    out = Output(verbose=verbose, json=json)
    spec = resolve_model(model or DEFAULT_MODEL)
    told: dict[str, Any] = {
        "versions": _versions(),
        "devices": _devices(),
        "cache": _cache(),
        "checkpoint": _checkpoint(spec.name, weights, default=model is None),
    }
    if model is not None:
        told["model"] = _count(spec.name)
    for heading, content in told.items():
        out.text(heading)
        for key, value in content.items():
            out.text(f"  {key:<24}{_shown(value)}")
    out.document(told)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _versions() -> dict[str, str | None]:
    from importlib.metadata import PackageNotFoundError, version

    from indexnet_cli import __version__

    found: dict[str, str | None] = {
        "indexnet": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _devices() -> dict[str, str]:
    import torch

    found = {"cpu": f"{torch.get_num_threads()} threads"}
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        found[f"cuda:{number}"] = torch.cuda.get_device_name(number)
    if torch.backends.mps.is_available():
        found["mps"] = "Metal"
    found["auto"] = "cuda:0" if "cuda:0" in found else "cpu"
    return found


def _cache() -> dict[str, str | bool]:
    from indexnet_cli.checkpoints.cache import weights_dir

    path = weights_dir()
    return {"folder": str(path), "exists": path.is_dir()}


def _checkpoint(model: str, weights: str | None, default: bool) -> dict[str, str | None]:
    """The checkpoint that ``matte`` would use; a problem is told, not raised."""
    from indexnet_cli.checkpoints.locating import find_checkpoint
    from indexnet_cli.checkpoints.reading import read_state_dict
    from indexnet_cli.checkpoints.recognition import recognise
    from indexnet_cli.errors import CheckpointError, UsageError

    name = weights or model
    try:
        found = find_checkpoint(model, weights)
        if default and weights:
            model = recognise(read_state_dict(found.path), found.path).name
    except (CheckpointError, UsageError) as error:
        return {"name": name, "problem": error.message, "what to do": error.hint}
    reason = "--weights names it" if weights else f"it is the checkpoint of {model}"
    if default and not weights:
        reason += ", the default model"
    return {
        "name": found.name,
        "model": model,
        "path": str(found.path),
        "source": found.source,
        "why": reason,
        "licence": found.entry.licence if found.entry else None,
    }


def _count(model: str) -> dict[str, Any]:
    import torch

    from indexnet_cli.models.counting import count_multiply_adds, count_parameters
    from indexnet_cli.models.registry import build_network, resolve_model

    spec = resolve_model(model)
    with torch.device("meta"):
        network = build_network(spec)
    multiply_adds = count_multiply_adds(network, COUNTED_SIZE, COUNTED_SIZE, spec.input_channels)
    counted: dict[str, Any] = {
        "name": spec.name,
        "parameters": count_parameters(network),
        "multiply-adds": multiply_adds,
        "in units of 2^30": f"{multiply_adds / GIGA:.2f} G at {COUNTED_SIZE}x{COUNTED_SIZE}",
        "input": f"multiple of {spec.stride}, offset {spec.stride_offset}",
        "needs a trimap": spec.needs_trimap,
    }
    if spec.architecture in NOTES:
        counted["note"] = NOTES[spec.architecture]
    return counted
