"""The Adobe set as IndexNet's authors laid it out: Combined_Dataset/{Training_set,Test_set}."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import by_stem, first_folder, photographs
from indexnet_cli.datasets.layouts.plain import cut_outs
from indexnet_cli.datasets.layouts.scene import Layout, Scene
from indexnet_cli.json_reading import parse_json

_PARTS = ("", "Adobe-licensed images", "Other")
_BACKGROUNDS = ("train2014", "train2017", "bg", "backgrounds")
_LISTS = ("lists/{}.txt", "{}.txt", "{}ing_list.json", "{}_list.json")
_NUMBERED = re.compile(r"(.+)_\d+")


def read_adobe(root: Path, findings: Findings) -> Layout | None:
    """Samples of the list files (tab-separated, or mmagic's JSON); without lists fg and alpha.

    A list's merged pictures are not needed where its foregrounds and backgrounds are there: crops
    are composed from these, which is faster than decoding whole compositions.
    """
    training, test = root / "Training_set", root / "Test_set"
    if not training.is_dir():
        return None
    name = "Composition-1k"
    listed = _listed(root, "train", findings)
    held_out = tuple(_test_scenes(test, findings)) if test.is_dir() else ()
    if listed:
        return Layout(name, tuple(listed), held_out=held_out)
    scenes: list[Scene] = []
    for part in _PARTS:
        fronts, alphas = training / part / "fg", training / part / "alpha"
        if fronts.is_dir() and alphas.is_dir():
            scenes += cut_outs(fronts, alphas, name, findings)
    if not scenes:
        findings.add(training, "holds neither fg/ and alpha/ nor is there a list train.txt")
    behind = first_folder(training, _BACKGROUNDS) or first_folder(root, _BACKGROUNDS)
    return Layout(name, tuple(scenes), photographs(behind), held_out)


def _listed(root: Path, split: str, findings: Findings) -> list[Scene]:
    """Scenes of a list: merged, alpha, fg, bg below the root. Empty without a list."""
    for pattern in _LISTS:
        path = root / pattern.format(split)
        if path.is_file():
            rows = _json_rows(path) if path.suffix == ".json" else _text_rows(path)
            return [scene for row in rows if (scene := _scene(root, path, row, findings))]
    return []


def _text_rows(path: Path) -> Iterator[dict[str, str]]:
    # Names hold spaces: tabs alone separate.
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield dict(zip(("merged", "alpha", "fg", "bg"), line.split("\t"), strict=False))


def _json_rows(path: Path) -> Iterator[dict[str, str]]:
    for row in parse_json(path.read_text("utf-8")):
        yield {key.removesuffix("_path"): value for key, value in row.items()}


def _scene(root: Path, listed: Path, row: Mapping[str, str], findings: Findings) -> Scene | None:
    if "merged" not in row or "alpha" not in row:
        findings.add(listed, f"no sample: {' '.join(row.values())}")
        return None
    places = {column: root / name for column, name in row.items()}
    front, behind = places.get("fg"), places.get("bg")
    whole = front is not None and behind is not None
    for column in ("alpha", "fg", "bg") if whole else ("alpha", "merged"):
        findings.expect(places[column])
    return Scene(
        places["merged"].stem,
        "Composition-1k",
        places["alpha"],
        foreground=front if whole else None,
        background=behind if whole else None,
        image=None if whole else places["merged"],
    )


def _test_scenes(test: Path, findings: Findings) -> Iterator[Scene]:
    """The finished compositions of the test set: merged, trimaps, and alphas by foreground."""
    merged = first_folder(test, ("merged",), _PARTS)
    alphas = first_folder(test, ("alpha",), _PARTS)
    trimaps = first_folder(test, ("trimaps", "trimap"), _PARTS)
    if merged is None or alphas is None or trimaps is None:
        return  # not composed yet: indexnet composite --dataset makes it
    pictures, masks = by_stem(merged, findings), by_stem(trimaps, findings)
    truth = by_stem(alphas, findings)
    for name in findings.pair(pictures, trimaps, masks):
        of = name if name in truth else foreground_name(name)
        if of not in truth:
            findings.add(pictures[name], f"no alpha of its name in {alphas}")
            continue
        yield Scene(name, "Composition-1k", truth[of], image=pictures[name], trimaps=(masks[name],))


def foreground_name(name: str) -> str:
    """The foreground of a composition: ``name_12`` -> ``name``; other names stay."""
    found = _NUMBERED.fullmatch(name)
    return found[1] if found else name
