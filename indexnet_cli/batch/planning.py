"""Where the results go, and what is refused before the start."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.batch.pairing import Pair
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.placing import remove_stale
from indexnet_cli.imaging.products import ProductStyle, check_product, product_suffix


@dataclass(frozen=True)
class Item:
    """A pair and the files that are written for it, by product."""

    pair: Pair
    outputs: Mapping[str, Path]


def plan(pairs: Iterable[Pair], output: Path, style: ProductStyle) -> list[Item]:
    """Give every pair its outputs: OUT/<path>.png, or OUT/<product>/<path>.png for several.

    Raises UsageError when two pictures would write the same file, or one an input.
    """
    items = []
    for pair in pairs:
        outputs = {}
        for kind in style.kinds:
            folder = output / kind if len(style.kinds) > 1 else output
            name = pair.relative.name + product_suffix(kind, style)
            outputs[kind] = folder / pair.relative.parent / name
        items.append(Item(pair, outputs))
    _refuse_collisions(items)
    return items


def refuse_strangers(items: Iterable[Item], own: Iterable[Path], style: ProductStyle) -> None:
    """Raise UsageError when an output exists that no earlier run of the batch has written."""
    known = {_key(path) for path in own}
    for item in items:
        for kind, path in item.outputs.items():
            if os.path.lexists(path) and _key(path) not in known:
                check_product(kind, path, style, overwrite=False)


def remove_leftovers(items: Iterable[Item], output: Path) -> None:
    """Take away what a killed process has left half written where these items go."""
    folders = {path.parent for item in items for path in item.outputs.values()}
    for folder in sorted(folders | {output}):
        remove_stale(folder)


def _refuse_collisions(items: list[Item]) -> None:
    inputs: dict[str, Path] = {}
    for item in items:
        for path in (item.pair.image, item.pair.guide):
            if path is not None:
                inputs[_key(path)] = path
    writers: dict[str, Item] = {}
    for item in items:
        for path in item.outputs.values():
            key = _key(path)
            if key in inputs:
                raise UsageError(
                    f"{path} would be written over the input {inputs[key]}.", "Choose another -o."
                )
            other = writers.setdefault(key, item)
            if other is not item:
                raise UsageError(
                    f"{other.pair.image} and {item.pair.image} would both write {path}.",
                    "Rename one, or give each an output in a list file (image,trimap,output).",
                )


def _key(path: Path) -> str:
    # Case is folded: on Windows and macOS A.png and a.png are one file.
    return os.path.realpath(path).casefold()
