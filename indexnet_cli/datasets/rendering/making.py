"""A pack with path-traced cut-outs, made from one that has none."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from PIL import Image

from indexnet_cli.datasets.pack import FOLDERS, RENDERED, Pack
from indexnet_cli.datasets.pack_files import MANIFEST
from indexnet_cli.errors import InputError
from indexnet_cli.imaging.placing import place_file

COUNTS: Mapping[str, int] = {
    "glass": 110,
    "veil": 90,
    "basket": 90,
    "net": 60,
    "bag": 40,
    "plant": 40,
    "hair": 40,
    "fur": 24,
    "portrait": 80,
    "animal": 50,
    "sieve": 40,
    "feather": 30,
    "clock": 24,
    "web": 24,
    "cloth": 60,
}
QUALITY = 92  # of WebP colours; alphas are kept to the bit


def order() -> list[tuple[str, int]]:
    """Kind and number of all renders, the kinds mixed evenly."""
    every = ((kind, number) for kind, count in COUNTS.items() for number in range(count))
    return sorted(every, key=lambda render: (render[1] + 0.5) / COUNTS[render[0]])


def name_of(kind: str, number: int) -> str:
    """The file of a render below the pack's root."""
    return f"{RENDERED}/{kind}-{number:04}.webp"


def link_pack(source: Path, target: Path) -> None:
    """Put the pictures of a pack, and its licences, into another folder.

    Raises InputError where ``source`` is no folder.
    """
    if not source.is_dir():
        raise InputError(f"{source}: no folder.", "Unpack the pack before renders are added.")
    listed = [source / row["file"] for row in rows_of(source) if _folder(row) in FOLDERS]
    for file in (*listed, *source.glob("LICENSES*")):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            continue
        try:
            os.link(file.resolve(), place)
        except OSError:  # another file system
            shutil.copyfile(file, place)


def rows_of(pack: Path) -> list[dict[str, str]]:
    """The manifest of a pack."""
    with (pack / MANIFEST).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _folder(row: Mapping[str, str]) -> str:
    return row["file"].split("/")[0]


def write_manifest(source: Path, target: Path) -> None:
    """The manifest of ``source``, and a line for every render in ``target``."""
    rows = [row for row in rows_of(source) if _folder(row) != RENDERED]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    for file in sorted((target / RENDERED).glob("*.webp")):
        writer.writerow({"file": f"{RENDERED}/{file.name}", "kind": RENDERED})
    place_file(text.getvalue().encode(), target / MANIFEST, overwrite=True)


def render(target: Path, photographs: Sequence[Path], wanted: tuple[str, int]) -> None:
    """Trace one cut-out and write it."""
    from indexnet_cli.datasets.rendering.tracing import trace

    made = io.BytesIO()
    Image.fromarray(trace(*wanted, photographs)).save(made, "WEBP", quality=QUALITY, method=4)
    place_file(made.getvalue(), target / name_of(*wanted), overwrite=True)


def _be_quiet() -> None:
    """Blender tells every step and what it thinks of NumPy 2; failures come as exceptions."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def make_rendered_pack(
    source: Path,
    target: Path,
    count: int | None = None,
    jobs: int | None = None,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    skip: int = 0,
) -> int:
    """Fill a folder with the pack ``source`` and ``count`` renders after the first ``skip``.

    They are those of ``order()``; a ``count`` of None stands for all that follow.
    Renders that are there already are left as they are; so what was broken off goes on. ``jobs``
    of them are traced at a time (None: one a core), each by a process of its own. Gives how many
    ``target`` has in the end. Raises InputError for a source that is no folder or no pack.
    """
    photographs = [source / name for name in Pack(source).names("bg", "train")]
    link_pack(source, target)
    (target / RENDERED).mkdir(exist_ok=True)
    wanted = order()[skip:][:count]
    left = [w for w in wanted if not (target / name_of(*w)).exists()]
    workers = ProcessPoolExecutor(jobs, get_context("spawn"), _be_quiet)
    try:
        traced = [workers.submit(render, target, photographs, one) for one in left]
        for done, one in enumerate(as_completed(traced), 1):
            one.result()
            advance(done, len(left))
    finally:
        workers.shutdown(cancel_futures=True)
        write_manifest(source, target)
    return len(list((target / RENDERED).glob("*.webp")))
