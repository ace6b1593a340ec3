"""The AIM layouts: DIM, HATT and AM-2k as ``fg/ mask/ [usr/]``, BG-20k, AIM-500."""

from __future__ import annotations

from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder, photographs
from indexnet_cli.datasets.layouts.scene import Layout, Scene
from indexnet_cli.datasets.layouts.usr_types import UsrTypes, read_types, set_name

_TYPES = ("dim_hatt_type.json", "dim_hatt_am2k_type.json")
_CATEGORIES = "aim_category_type.json"
_BACKGROUNDS = ("BG20K", "BG-20k", "BG20k")


def read_aim(root: Path, findings: Findings) -> Layout | None:
    """Foregrounds with masks, in ``root``, ``root/train``, or in sets below (DIM, HATT, AM-2k)."""
    homes = [home for home in _homes(root) if _is_set(home)]
    if not homes:
        return None
    types = _read_types(root)
    scenes = tuple(scene for home in homes for scene in _read_set(home, types, findings))
    behind = first_folder(root, _BACKGROUNDS)
    return Layout("AIM", scenes, _training_part(behind))


def read_aim500(root: Path, findings: Findings) -> Layout | None:
    """AIM-500: original, mask, and trimap and usr where they are there."""
    originals, masks = root / "original", root / "mask"
    if not originals.is_dir() or not masks.is_dir() or (root / "fg").is_dir():
        return None
    pictures, truth = by_stem(originals, findings), by_stem(masks, findings)
    names = findings.pair(pictures, masks, truth)
    trimaps, usr = (_optional(root / part, truth, findings) for part in ("trimap", "usr"))
    categories = root / _CATEGORIES
    types = read_types(categories) if categories.is_file() else UsrTypes({})
    scenes = tuple(
        Scene(
            name,
            "AIM-500",
            truth[name],
            image=pictures[name],
            trimaps=(trimaps[name],) if name in trimaps else (),
            usr=usr.get(name),
            type=types.of("", name),
        )
        for name in names
    )
    return Layout("AIM-500", scenes)


def read_background_set(root: Path, findings: Findings) -> Layout | None:
    """A folder of photographs and nothing else (BG-20k, COCO, VOC): backgrounds for the others."""
    found = _training_part(root)
    return Layout("photographs", (), found) if found else None


def _homes(root: Path) -> list[Path]:
    below = sorted(p for p in root.iterdir() if p.is_dir())
    places = [root, root / "train", *below, *(p / "train" for p in below if p.name != "train")]
    return list(dict.fromkeys(place for place in places if place.is_dir()))


def _is_set(home: Path) -> bool:
    return (home / "fg").is_dir() and (home / "mask").is_dir()


def _read_set(home: Path, types: UsrTypes, findings: Findings) -> list[Scene]:
    fronts, truth = by_stem(home / "fg", findings), by_stem(home / "mask", findings)
    names = findings.pair(fronts, home / "mask", truth)
    usr = _optional(home / "usr", truth, findings)
    kind = set_name(home)
    return [
        Scene(
            name,
            kind,
            truth[name],
            foreground=fronts[name],
            usr=usr.get(name),
            type=types.of(kind, name),
        )
        for name in names
    ]


def _optional(folder: Path, truth: dict[str, Path], findings: Findings) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    found = by_stem(folder, findings)
    findings.pair(truth, folder, found)
    return found


def _read_types(root: Path) -> UsrTypes:
    places = (place / name for place in (root, root.parent) for name in _TYPES)
    path = next((place for place in places if place.is_file()), None)
    return read_types(path) if path else UsrTypes({})


def _training_part(folder: Path | None) -> tuple[Path, ...]:
    if folder is None:
        return ()
    return photographs(folder / "train" if (folder / "train").is_dir() else folder)
