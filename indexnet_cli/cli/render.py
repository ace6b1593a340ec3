"""`indexnet render`: add path-traced cut-outs to an open pack."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from indexnet_cli.errors import UsageError


def render(
    data_dir: Annotated[
        Path, typer.Option("--data-dir", metavar="PACK", help="The folder of an open pack.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for the pack with renders; may have some."
        ),
    ],
    count: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="The first N renders, as varied as all 802.",
            show_default="all",
        ),
    ] = None,
    skip: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="M",
            help="Leave out the first M and begin there: --skip 430 --count 115 traces the 431st "
            "to the 545th.",
        ),
    ] = 0,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Traced at a time.", show_default="one a core"),
    ] = None,
) -> None:
    """Add path-traced glass, cloth, wire, plants, feathers, hair and fur to an open pack.

    Blender's Cycles traces them, some 20 seconds each on a core, in the light of the pack's
    photographs. The result is for `indexnet train --data-dir`. What is there already is kept, so
    that the same command goes on after it was stopped.

    Examples:

      indexnet render --data-dir pack/ -o pack-with-renders/
    """
    from indexnet_cli.cli.output import Output
    from indexnet_cli.datasets.rendering.making import make_rendered_pack

    if find_spec("bpy") is None:
        raise UsageError(
            "Renders need Blender's module, which is not installed.",
            'pip install "indexnet[render]" (Python 3.11 alone)',
        )
    out = Output()
    with out.progress("rendering") as advance:
        present = make_rendered_pack(data_dir, output, count, jobs, advance, skip=skip)
    out.note(f"{output}: a pack with {present} renders")
