"""Where a command reads from and writes to: files, folders, standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from indexnet_cli.errors import OutputError, UsageError

STREAM = "-"
Place = Path | Literal["-"]


def source_of(name: str) -> str | BinaryIO:
    """A file's name as it is, ``-`` as standard input."""
    return sys.stdin.buffer if name == STREAM else name


def destination_of(place: Place) -> Path | BinaryIO:
    """A path as it is, ``-`` as standard output."""
    return sys.stdout.buffer if place == "-" else place


def choose_place(image: str, output: str | None, suffix: str, json: bool) -> Place:
    """Where the output for ``image`` goes: ``output``, in it (a folder), or beside the image.

    A folder that is written with a slash at its end is made. ``suffix`` (``_alpha.png``)
    follows the stem where no name is given. Raises UsageError when standard output cannot take it,
    OutputError for a folder that cannot be made.
    """
    beside = Path(image if image != STREAM else "image")
    if output is None:
        output = STREAM if image == STREAM else str(beside.parent / (beside.stem + suffix))
    if output == STREAM:
        if json:
            raise UsageError(
                "Standard output cannot take the picture and --json.", "Name a file with -o."
            )
        if sys.stdout.isatty():
            raise UsageError("Standard output is a terminal.", "Name a file with -o.")
        return "-"
    make_folder(output)
    target = Path(output)
    return target / (beside.stem + suffix) if target.is_dir() else target


def make_folder(output: str) -> None:
    """Make a folder, with those above it, if ``output`` is written as one: a slash at its end.

    Raises OutputError.
    """
    if output.endswith((os.sep, "/")):
        try:
            Path(output).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{output} cannot be made: {error.strerror}.", "Choose another -o."
            ) from error


def refuse_inputs(target: Path, inputs: Sequence[str]) -> None:
    """Raise UsageError when an output would replace one of the inputs."""
    for source in inputs:
        if source != STREAM and target.exists() and target.samefile(source):
            raise UsageError(f"{target} is an input; it is not replaced.", "Choose another -o.")
