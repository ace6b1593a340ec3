"""``indexnet weights convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, OverwriteOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.errors import UsageError

SUFFIX = ".safetensors"


@reports_failures
def convert_weights(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Checkpoint of any known layout.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help=f"File to write, *{SUFFIX}.")
    ],
    to: Annotated[
        Literal["dim"] | None,
        typer.Option(
            "--to",
            help="dim: ImageNet's VGG-16 becomes the encoder of Deep Image Matting, "
            "with zeros for the trimap's plane.",
            show_default=False,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Convert a checkpoint to safetensors.

    Writes the tensors of FILE, and nothing else, under the names that the networks here use:
    wrappers and `module.` are taken off, OpenMMLab's names become the published ones. The result
    can be read without any risk, by any program.

    Example: indexnet weights convert vgg16-397923af.pth --to dim -o dim_encoder.safetensors
    """
    if output.suffix != SUFFIX:
        raise UsageError(f"{output} does not end in {SUFFIX}", "it is the only format written")
    from indexnet_cli.checkpoints.reading import read_state_dict
    from indexnet_cli.checkpoints.vgg16_to_dim import dim_encoder_from_vgg16
    from indexnet_cli.checkpoints.writing import write_state_dict
    from indexnet_cli.imaging.placing import check_place

    out = Output(quiet=quiet, verbose=verbose, json=json)
    check_place(output, overwrite)
    state = read_state_dict(file)
    if to == "dim":
        state = dim_encoder_from_vgg16(state, str(file))
    write_state_dict(state, output, overwrite)
    values = sum(tensor.numel() for tensor in state.values())
    out.note(f"{output}: {len(state)} tensors, {values:,} values")
    out.document({"output": str(output), "tensors": len(state), "values": values, "to": to})
