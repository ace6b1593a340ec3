"""``indexnet weights export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import (
    JsonOption,
    OverwriteOption,
    QuietOption,
    VerboseOption,
    WeightsOption,
)
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.errors import UsageError

SUFFIX = ".onnx"


@reports_failures
def export_weights(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Model: indexnet.open, indexnet.official, …")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help=f"File to write, *{SUFFIX}.")
    ],
    weights: WeightsOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Export a model of IndexNet to ONNX.

    For programs without torch. Batch size is free, height and width are any multiples of 32.
    Names and preparation of the input are in the file's metadata. Needs the extra onnx.

    Example: indexnet weights export indexnet.open -o model.onnx
    """
    if output.suffix != SUFFIX:
        raise UsageError(f"{output} does not end in {SUFFIX}", "it is the only format written")
    from indexnet_cli.imaging.placing import check_place, place_file
    from indexnet_cli.models.registry import build_network, resolve_model

    out = Output(quiet=quiet, verbose=verbose, json=json)
    spec = resolve_model(name)
    check_place(output, overwrite)
    from indexnet_cli.checkpoints.locating import find_checkpoint
    from indexnet_cli.checkpoints.onnx_export import INPUT, OUTPUT, check_exportable, to_onnx
    from indexnet_cli.checkpoints.reading import load_into, read_state_dict

    check_exportable(spec)
    pull_if_missing(spec.name, weights, out)
    checkpoint = find_checkpoint(spec.name, weights)
    network = build_network(spec)
    load_into(network, read_state_dict(checkpoint.path), str(checkpoint.path))
    licence = checkpoint.entry.licence if checkpoint.entry else "that of its weights"
    content = to_onnx(network, spec, {"checkpoint": checkpoint.name, "licence": licence})
    place_file(content, output, overwrite)
    out.note(f"{output}: {len(content) / 1e6:.1f} MB; licence: {licence}")
    out.document(
        {
            "output": str(output),
            "bytes": len(content),
            "model": spec.name,
            "checkpoint": checkpoint.name,
            "licence": licence,
            "non_commercial": checkpoint.entry.non_commercial if checkpoint.entry else None,
            "input": INPUT,
            "output_name": OUTPUT,
            "mean": spec.mean,
            "std": spec.std,
            "multiple": spec.stride,
        }
    )
