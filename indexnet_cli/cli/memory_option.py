"""``--memory``: how much the process may hold."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from indexnet_cli.errors import UsageError

UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}

MemoryOption = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="auto|2GiB",
        help="What the program may hold in memory (on a GPU: of the GPU's). Large pictures are "
        "computed in as many parts as that takes; the matte is the same.",
    ),
]


def parse_memory(text: str) -> int | None:
    """Bytes of ``2GiB``, ``500 MB`` or ``1.5g`` (powers of 1024); ``None`` for ``auto``.

    Raises ``UsageError`` for anything else.
    """
    if text.strip().lower() == "auto":
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text.lower())
    if match is None:
        raise UsageError(f"{text!r} is no amount of memory", "such as auto, 2GiB or 500MiB")
    return int(float(match[1]) * UNITS[match[2]])
