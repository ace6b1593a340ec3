"""Options that mean the same in every command."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Precision = Literal["auto", "fp32", "mixed", "bf16", "fp16"]

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Model; `indexnet weights list` shows them. Default: indexnet.open, or what the keys "
        "of --weights say; with --auto aimnet.update.",
        show_default=False,
    ),
]
AlignOption = Annotated[
    Literal["pad", "resize", "half", "crop", "window"],
    typer.Option(
        "--align",
        help="pad: no resampling; resize: the model's published inference path; half: the same at "
        "half size (published for deepmatting); crop, window: tiles of 320 x 320, or the whole "
        "picture at 320 x 320 (published for dim).",
    ),
]
ViewsOption = Annotated[
    int | None,
    typer.Option(
        "--views",
        metavar="1|2|4|8",
        help="Mean of so many mattes: of the picture, also mirrored (2), also upside down (4), "
        "also with rows and columns exchanged (8). As many times the time, finer edges. "
        "Default: 1, and 2 of sizes smaller than the largest at which it is looked at; with the "
        "weights of indexnet.open[-small] 2 of all sizes of pictures that are not enlarged, up to "
        "2048 x 2048 pixels.",
        show_default=False,
    ),
]
ScalesOption = Annotated[
    int | None,
    typer.Option(
        "--scales",
        min=1,
        max=3,
        metavar="1|2|3",
        help="Look at the picture as it is (1), also at half (2), also at a quarter (3) of its "
        "size where unknown pixels are far from known ones: better smoke, glass and blur there, "
        "up to a third more time. Default: 3 with the weights of indexnet.open[-small], else 1.",
        show_default=False,
    ),
]
EnlargeOption = Annotated[
    bool | None,
    typer.Option(
        "--enlarge/--no-enlarge",
        help="Look at the picture at twice its size, too: better hair and nets of threads that "
        "are thinner than two pixels, in four times the time. Default: pictures of up to "
        "768 x 768 pixels with the weights of indexnet.open[-small].",
        show_default=False,
    ),
]
FitColoursOption = Annotated[
    bool | None,
    typer.Option(
        "--fit-colours/--no-fit-colours",
        help="Fit the network's matte to the colours of the picture: finer strands "
        "(docs/engine.md). Default: as the weights were trained, which those of indexnet.open "
        "and indexnet.open-small are.",
        show_default=False,
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="FILE|NAME",
        help="Checkpoint instead of the model's own: a file, or a name of `indexnet weights list`.",
    ),
]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps.")
]
PrecisionOption = Annotated[
    Precision,
    typer.Option(
        "--precision",
        help="Number format; auto: as fast as it gets while no eye sees it (docs/engine.md).",
    ),
]
MaxPixelsOption = Annotated[
    int, typer.Option("--max-pixels", min=1, help="Refuse pictures with more pixels.")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace an output that exists.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say what is used; tracebacks on errors.")
]
