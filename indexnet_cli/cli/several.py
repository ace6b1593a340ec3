"""Run a command's work over one file or all of a folder; one bad file does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from indexnet_cli.batch.listing import list_pictures
from indexnet_cli.cli.output import Output, say_error
from indexnet_cli.errors import DeviceError, IndexnetError, InputError, UsageError


@dataclass(frozen=True)
class Item:
    """A picture of a folder, where its result goes, and its path below the folder."""

    source: Path
    target: Path
    relative: Path


def folder_items(
    folder: Path, output: str | None, suffix: str, without: tuple[Path, ...] = ()
) -> list[Item]:
    """Every picture below a folder, with the same structure below ``output``.

    ``without`` names folders whose pictures are no items. Raises UsageError without ``output``, and
    when two pictures would write the same file.
    """
    if output is None or Path(output).is_file():
        raise UsageError(f"{folder} is a folder.", "Name a folder for the results with -o.")
    target = Path(output)
    items = []
    for source in list_pictures(folder, without=(target, *without)):
        relative = source.relative_to(folder)
        items.append(Item(source, target / relative.parent / (source.stem + suffix), relative))
    if not items:
        raise InputError(f"{folder} holds no picture.", "PNG, JPEG, WebP, TIFF, BMP and PPM count.")
    first: dict[Path, Item] = {}
    for item in items:
        other = first.setdefault(item.target, item)
        if other is not item:
            raise UsageError(
                f"{other.source} and {item.source} would both write {item.target}.",
                "Rename one of them.",
            )
    return items


def run_items(items: list[Item], work: Callable[[Item], dict[str, Any]], out: Output) -> None:
    """Do ``work`` for every item, name the failures at the end, and exit with 1 if there are any.

    A DeviceError (out of memory) ends the run: it will not be better with the next picture.
    """
    told: list[dict[str, Any]] = []
    failures: list[tuple[str, str]] = []
    with out.progress("pictures") as advance:
        for done, item in enumerate(items):
            advance(done, len(items))
            try:
                item.target.parent.mkdir(parents=True, exist_ok=True)
                told.append(work(item))
            except DeviceError:
                raise
            except (IndexnetError, OSError) as error:
                reason = error.message if isinstance(error, IndexnetError) else str(error)
                failures.append((str(item.source), reason))
                told.append({"input": str(item.source), "error": reason})
    out.document(told)
    out.note(f"{len(items) - len(failures)} of {len(items)} done")
    for name, reason in failures:
        say_error(reason if name in reason else f"{name}: {reason}")
    if failures:
        raise typer.Exit(1)
