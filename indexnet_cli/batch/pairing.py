"""Which trimap or mask goes with which picture."""

from __future__ import annotations

import csv
import glob
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexnet_cli.batch.listing import is_picture, list_pictures
from indexnet_cli.errors import InputError, UsageError

Guide = Literal["trimap", "mask", "none"]

# What people and tools put behind the picture's stem.
GUIDE_SUFFIXES: dict[Guide, tuple[str, ...]] = {
    "trimap": ("_trimap", "-trimap", ".trimap", "_tri", "_Trimap"),
    "mask": ("_mask", "-mask", ".mask", "_seg", "_alpha", "_matte"),
    "none": (),
}


@dataclass(frozen=True)
class Pair:
    """A picture, what guides its matting, and its place below the outputs.

    ``relative`` is the path below the folder of the outputs, without suffix; ``problem`` says why
    there is no guide, where one is needed.
    """

    image: Path
    guide: Path | None
    relative: Path
    problem: str = ""


def find_pairs(
    images: str,
    guides: Path | None,
    kind: Guide,
    output: Path,
    recursive: bool = True,
    made: Collection[Path] = (),
) -> list[Pair]:
    """Pairs for a folder, a glob or a list file (CSV: image,trimap[,output]), sorted by picture.

    Without ``guides`` they lie beside the pictures, with a suffix after the stem. Of ``kind`` none
    there are none; in a list their column is then empty. ``made`` are outputs of an earlier run,
    which may lie among the pictures of a folder or glob, and are none. Raises InputError for a
    folder or list that cannot be read, UsageError when nothing can be paired.
    """
    path = Path(images)
    if path.is_file() and path.suffix.lower() in (".csv", ".txt", ".lst"):
        pairs = read_list(path, kind)
    elif path.is_dir():
        without = (output, *([] if guides is None else [guides]))
        found = leave_out(list_pictures(path, recursive, without), made)
        pairs = pair_files(path, found, guides, kind)
    else:
        # Path.glob takes no absolute patterns.
        found = sorted(Path(name) for name in glob.glob(images, recursive=True))  # noqa: PTH207
        found = leave_out([file for file in found if file.is_file() and is_picture(file)], made)
        root = _common_folder(found) if found else path
        pairs = pair_files(root, found, guides, kind)
    if not pairs:
        raise InputError(
            f"{images}: no picture is there.", "Name a folder, a glob in quotes, or a list file."
        )
    if all(pair.problem for pair in pairs):
        raise UsageError(
            f"{images}: no picture has a {kind}.",
            f"A {kind} has the picture's stem, beside it with a suffix "
            f"(cat.jpg, cat{GUIDE_SUFFIXES[kind][0]}.png), or in a folder of its own.",
        )
    return pairs


def leave_out(files: Iterable[Path], made: Collection[Path]) -> list[Path]:
    """``files`` without those that were ``made``, however either is named."""
    known = {path.resolve() for path in made}
    return [file for file in files if not known or file.resolve() not in known]


def pair_files(root: Path, files: Iterable[Path], guides: Path | None, kind: Guide) -> list[Pair]:
    """Pair pictures below ``root`` with guides at the same place below ``guides``, or beside."""
    files = list(files)
    stems = {(file.parent, file.stem) for file in files}
    if kind == "none":
        every = tuple(suffix for suffixes in GUIDE_SUFFIXES.values() for suffix in suffixes)
        files = [file for file in files if not _is_guide(file, stems, every)]
        return [Pair(file, None, file.parent.relative_to(root) / file.stem) for file in files]
    if guides is not None:
        candidates = list_pictures(guides)
        base = guides
    else:
        candidates, base = files, root
    table: dict[tuple[Path, str], list[Path]] = {}
    for candidate in candidates:
        table.setdefault((candidate.parent.relative_to(base), candidate.stem), []).append(candidate)
    suffixes = GUIDE_SUFFIXES[kind]
    if guides is None:
        # What guides another picture is none to be matted itself.
        files = [file for file in files if not _is_guide(file, stems, suffixes)]
    pairs = []
    for image in files:
        place = image.parent.relative_to(root)
        names = [f"{image.stem}{suffix}" for suffix in suffixes]
        if guides is not None:
            names.insert(0, image.stem)
        guide, problem = _choose(image, [table.get((place, name), []) for name in names], kind)
        pairs.append(Pair(image, guide, place / image.stem, problem))
    return pairs


def read_list(path: Path, kind: Guide = "trimap") -> list[Pair]:
    """Pairs of a CSV file: image,trimap[,output]; paths are relative to the file's folder.

    Of ``kind`` none, ``trimap`` is empty, or the image alone is there.

    A first line that begins with ``image`` is a header. ``output`` is a path below the folder of
    the outputs. Raises InputError with the line's number.
    """
    pairs = []
    for number, row in _read_rows(path):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#") or (number == 1 and cells[0] == "image"):
            continue
        if kind == "none":
            whole = len(cells) <= 3 and bool(cells[0]) and not any(cells[1:2])
        else:
            whole = len(cells) in (2, 3) and all(cells[:2])
        if not whole:
            wanted = "image[,,output]" if kind == "none" else f"image,{kind}[,output]"
            raise InputError(f"{path}, line {number}: not {wanted}.", "Correct it.")
        relative = Path(cells[2] if len(cells) == 3 and cells[2] else Path(cells[0]).stem)
        if relative.is_absolute() or ".." in relative.parts:
            raise InputError(
                f"{path}, line {number}: the output {relative} leaves the folder of the outputs.",
                "Give a path below it.",
            )
        if is_picture(relative):
            relative = relative.with_suffix("")
        guide = None if kind == "none" else path.parent / cells[1]
        pairs.append(Pair(path.parent / cells[0], guide, relative))
    return pairs


def _read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file with the numbers of their last lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Save it as UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}.", "Correct it.") from error
    for number, row in rows:
        if any("\0" in cell for cell in row):
            raise InputError(f"{path}, line {number}: no name holds a zero byte.", "Correct it.")
    return rows


def _choose(image: Path, found: list[list[Path]], kind: Guide) -> tuple[Path | None, str]:
    for files in found:
        others = [file for file in files if file != image]
        if len(others) > 1:
            return None, f"{' and '.join(file.name for file in others)} could both be its {kind}"
        if others:
            return others[0], ""
    return None, f"it has no {kind}"


def _is_guide(file: Path, stems: set[tuple[Path, str]], suffixes: tuple[str, ...]) -> bool:
    return any(
        file.stem.endswith(suffix) and (file.parent, file.stem.removesuffix(suffix)) in stems
        for suffix in suffixes
    )


def _common_folder(files: list[Path]) -> Path:
    folder = files[0].parent
    while not all(file.is_relative_to(folder) for file in files):
        folder = folder.parent
    return folder
