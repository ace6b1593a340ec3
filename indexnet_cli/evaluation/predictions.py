"""Where predicted mattes come from: a folder, or a model that makes them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.layouts import Entry, TruthSet, pictures
from indexnet_cli.evaluation.problems import Problem
from indexnet_cli.imaging.reading import read_image, read_trimap

# What `indexnet matte` and others add to the image's stem.
ENDINGS = ("_alpha", "_matte", "_pred")


class Predictions(Protocol):
    """A source of mattes with a name for tables."""

    @property
    def label(self) -> str:
        """Its name in tables."""

    def find(self, entry: Entry) -> Path | NDArray[Any] | None:
        """The matte of an entry, as a file or an array; None if there is none.

        Raises InputError when it cannot be made.
        """


@dataclass(frozen=True)
class PredictionFolder:
    """Mattes on disk, paired with a set by stem."""

    label: str
    paths: Mapping[str, Path]
    problems: tuple[Problem, ...] = field(default=())

    def find(self, entry: Entry) -> Path | None:
        """The file of an entry's matte."""
        return self.paths.get(entry.name)


def pair_folder(folder: Path, truth: TruthSet, label: str | None = None) -> PredictionFolder:
    """Pair the mattes of a folder with the entries of a set.

    A matte has the stem of its image, or that with _alpha, _matte or _pred at its end. For AIM-500
    the sub-folders SO, STM and NS are searched as well. Two mattes of one image and mattes of no
    image are problems; so are images without a matte. Raises InputError if there is no pair.
    """
    label = label or folder.name or str(folder)
    names = {entry.name for entry in truth.entries}
    known = {Path(problem.file).stem for problem in truth.problems}
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in _all_pictures(folder, truth.layout):
        name = _name_of(path.stem, names)
        if name is None:
            if path.stem not in known:
                problems.append(Problem("extra", str(path), "there is no truth of its name", label))
        elif name in found:
            problems.append(Problem("ambiguous", str(path), f"so is {found[name].name}", label))
        else:
            found[name] = path
    if not found:
        raise InputError(
            f"{folder}: no matte has the name of an image of the set.",
            f"The set's first image is {truth.entries[0].name}; mattes have its stem.",
        )
    problems += [
        Problem("missing", entry.name, f"{folder} has no matte of it", label)
        for entry in truth.entries
        if entry.name not in found
    ]
    return PredictionFolder(label, found, tuple(problems))


def _all_pictures(folder: Path, layout: str) -> list[Path]:
    found = list(pictures(folder))
    if layout == "AIM-500":
        for kind in ("SO", "STM", "NS"):
            found += pictures(folder / kind) if (folder / kind).is_dir() else ()
    return found


def _name_of(stem: str, names: set[str]) -> str | None:
    if stem in names:
        return stem
    shortened = (stem.removesuffix(ending) for ending in ENDINGS if stem.endswith(ending))
    return next((name for name in shortened if name in names), None)


@dataclass(frozen=True)
class ModelPredictions:
    """Mattes made by a model from the images of a set, and its trimaps if the model needs them."""

    label: str
    matter: Matter

    def find(self, entry: Entry) -> NDArray[Any]:
        """Matte an entry; raises InputError when its image or trimap is missing or unreadable."""
        if entry.image is None:
            raise InputError(f"{entry.name}: the set has no image of it.", "Name --image DIR.")
        image = read_image(entry.image).pixels
        if not self.matter.spec.needs_trimap:
            return self.matter.matte(image)
        if entry.trimap is None:
            raise InputError(f"{entry.name}: the set has no trimap of it.", "Name --trimap DIR.")
        trimap, _ = read_trimap(entry.trimap)
        return self.matter.matte(image, trimap)
