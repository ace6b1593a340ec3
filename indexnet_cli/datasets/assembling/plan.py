"""Which foreground goes over which photograph, under which name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder, photographs
from indexnet_cli.datasets.layouts.plain import ALPHAS, BACKGROUNDS, FOREGROUNDS, TRIMAPS
from indexnet_cli.errors import InputError

Split = Literal["train", "test"]
EACH: dict[Split, int] = {"train": 100, "test": 20}

_SETS: dict[Split, str] = {"train": "Training_set", "test": "Test_set"}
_PARTS = ("", "Adobe-licensed images", "Other")
_OWN_BACKGROUNDS: dict[Split, tuple[str, ...]] = {
    "train": ("train2014", "train2017", *BACKGROUNDS),
    "test": ("VOCdevkit/VOC2012/JPEGImages", "JPEGImages", *BACKGROUNDS),
}
_NAMES: dict[Split, str] = {"train": "training", "test": "test"}
_COCO_PREFIX = 15  # COCO_train2014_: newer releases of the same pictures leave it out


@dataclass(frozen=True)
class Composition:
    """A picture to be made; ``trimap`` is the published one of its name, where there is one."""

    name: str
    foreground: Path
    alpha: Path
    background: Path
    trimap: Path | None = None


def splits_of(root: Path) -> list[Split]:
    """The sets that a folder has foregrounds for; one without Training_set is all for training."""
    found: list[Split] = [split for split in EACH if _has_foregrounds(root / _SETS[split])]
    return found or ["train"]


def _has_foregrounds(home: Path) -> bool:
    return any(first_folder(home / part, FOREGROUNDS) is not None for part in _PARTS)


def plan_compositions(
    root: Path, split: Split, backgrounds: Path | None, each: int, seed: int
) -> list[Composition]:
    """Foreground k meets photographs k * each to (k + 1) * each - 1, named ``<stem>_<i>``.

    ``root`` holds Training_set and Test_set, or fg/ and alpha/ (then for either split). The order
    is that of ``training_fg_names.txt`` and ``training_bg_names.txt`` (``test_...``) in ``root``
    or its ``lists/`` where they are there, as published; otherwise foregrounds go by name and
    photographs are shuffled by ``seed``. Raises InputError with all that is wrong.
    """
    findings = Findings()
    home = root / _SETS[split] if (root / _SETS[split]).is_dir() else root
    fronts = _foregrounds(home, findings)
    if not fronts:
        findings.stop(str(root))
        raise InputError(
            f"{home} holds no fg/ and alpha/.",
            "Name the folder with Training_set/ and Test_set/, or one with fg/ and alpha/.",
        )
    behind = backgrounds or first_folder(home, _OWN_BACKGROUNDS[split])
    behind = behind or first_folder(root, _OWN_BACKGROUNDS[split])
    if behind is None:
        raise InputError(
            f"{home}: no photographs to put behind.", "Name a folder of them with --backgrounds."
        )
    order = _order(root, split, "fg", fronts, findings) or sorted(fronts)
    papers = _backgrounds(root, split, behind, findings, seed, len(order) * each)
    trimaps = _trimaps(home, findings)
    findings.stop(str(root))
    return [
        Composition(
            f"{name}_{i}",
            *fronts[name],
            papers[(k * each + i) % len(papers)],
            trimaps.get(f"{name}_{i}"),
        )
        for k, name in enumerate(order)
        for i in range(each)
    ]


def _foregrounds(home: Path, findings: Findings) -> dict[str, tuple[Path, Path]]:
    found: dict[str, tuple[Path, Path]] = {}
    for part in _PARTS:
        fg, alpha = (first_folder(home / part, names) for names in (FOREGROUNDS, ALPHAS))
        if fg is not None and alpha is not None:
            fronts, truth = by_stem(fg, findings), by_stem(alpha, findings)
            names = findings.pair(fronts, alpha, truth)
            found |= {name: (fronts[name], truth[name]) for name in names}
    return found


def _trimaps(home: Path, findings: Findings) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for part in _PARTS:
        folder = first_folder(home / part, TRIMAPS)
        found |= by_stem(folder, findings) if folder is not None else {}
    return found


def _listed(root: Path, split: Split, what: str) -> list[str]:
    name = f"{_NAMES[split]}_{what}_names.txt"
    path = next((p for p in (root / "lists" / name, root / name) if p.is_file()), None)
    return [] if path is None else [line for line in path.read_text("utf-8").splitlines() if line]


def _order(
    root: Path, split: Split, what: str, known: dict[str, tuple[Path, Path]], findings: Findings
) -> list[str]:
    names = [Path(line).stem for line in _listed(root, split, what)]
    for name in names:
        if name not in known:
            findings.add(root, f"{_NAMES[split]}_{what}_names.txt names {name}, which is not there")
    return [name for name in names if name in known]


def _backgrounds(
    root: Path, split: Split, folder: Path, findings: Findings, seed: int, wanted: int
) -> list[Path]:
    listed = _listed(root, split, "bg")
    if not listed:
        found = photographs(folder)
        if not found:
            findings.add(folder, "holds no pictures")
        shuffled = np.random.default_rng(seed).permutation(len(found))
        return [found[int(number)] for number in shuffled] or [folder]
    paths = []
    for name in listed[:wanted]:
        path = folder / name
        short = folder / name[_COCO_PREFIX:]
        paths.append(short if not path.is_file() and short.is_file() else path)
        findings.expect(paths[-1])
    return paths
