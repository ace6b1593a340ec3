"""The manifest: its form, and that every published checkpoint is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from indexnet_cli.checkpoints.locating import entry_for_model, named_entry
from indexnet_cli.checkpoints.manifest import (
    FILE_NAME,
    load_manifest,
    manifest_path,
    parse_entry,
)
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import NOT_RUN, resolve_model

SCHEMA = Path(__file__).parents[2] / "docs" / "manifest.schema.json"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def official() -> dict[str, Any]:
    return next(e for e in read(manifest_path())["checkpoints"] if e["name"] == "indexnet.official")


def test_schema_holds() -> None:
    schema = read(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read(manifest_path()), schema, jsonschema.Draft202012Validator)


WRONG: list[dict[str, Any]] = [
    {"layout": "unheard-of"},
    {"kind": "picture"},
    {"pin": {"md5": "00"}},
    {"surprise": 1},
    {"urls": ["http://plain.example/a.pth"]},
    {"file": "../../.bashrc"},
    {"file": "a/b.pth"},
    {"file": "C:\\a.pth"},
    {"file": ".pth"},
    {"file": "pins.json"},
    {"file": "a.pth.part"},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
def test_both_checks_refuse(change: dict[str, Any]) -> None:
    """The program, which has no schema at hand, and the schema find the same faults."""
    parse_entry(official())
    wrong = {**official(), **change}
    with pytest.raises(ValueError, match=r"indexnet\.official"):
        parse_entry(wrong)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": 1, "checkpoints": [wrong]}, read(SCHEMA))


def test_what_can_not_be_had_is_refused() -> None:
    with pytest.raises(ValueError, match="neither bundled"):
        parse_entry({**official(), "urls": []})
    parse_entry({**official(), "urls": [], "manual": [{"url": "http://by-hand.example"}]})
    missing = official()
    del missing["licence"]
    with pytest.raises(ValueError, match="licence"):
        parse_entry(missing)


def test_names_and_files_are_unique() -> None:
    entries = read(manifest_path())["checkpoints"]
    assert len({entry["name"] for entry in entries}) == len(entries)
    assert len({entry["file"].lower() for entry in entries}) == len(entries)


@pytest.mark.parametrize(
    ("name", "pinned"),
    [
        ("indexnet.open", "sha256"),
        ("indexnet.official", "git_blob_sha1"),
        ("indexnet.openmmlab", "sha256_prefix"),
        ("indexnet.openmmlab-dimaug", "sha256_prefix"),
        ("deepmatting.official", None),
        ("dim.stage1-skip", None),
        ("dim.stage1", None),
        ("dim.stage0-62.0", None),
        ("dim.stage0-69.1", None),
        ("dim.stage0-72.9", None),
        ("dim.stage1-57.1", None),
        ("dim.stage1-58.7", None),
        ("dim.stage2-57.7", None),
        ("vitmatte.small", "sha256"),
        ("vitmatte.base", "sha256"),
        ("aimnet.update", None),
        ("aimnet.duts", None),
        ("resnet34-mp.imagenet", None),
        ("mobilenetv2.imagenet", "sha256_prefix"),
        ("vgg16.imagenet", "sha256_prefix"),
        ("resnet34.imagenet", "sha256_prefix"),
    ],
)
def test_what_is_published_is_known(name: str, pinned: str | None) -> None:
    entry = load_manifest()[name]
    assert (None if entry.pin is None else next(iter(entry.pin))) == pinned


def test_encoders_are_not_taken_for_models() -> None:
    encoders = {entry.model for entry in load_manifest().values() if entry.kind == "encoder"}
    assert encoders == {"mobilenetv2", "vgg16", "vgg16-bn", "resnet34", "resnet34-mp"}
    with pytest.raises(CheckpointError, match="no checkpoint of vgg16 is known"):
        entry_for_model("vgg16")


def test_every_checkpoint_of_a_model_is_run_by_its_name() -> None:
    """Or it is said why not; those of plug-ins need their packages (test_vitmatte.py)."""
    for entry in load_manifest().values():
        if entry.kind == "encoder" or entry.name.startswith("vitmatte."):
            continue
        if entry.name in NOT_RUN:
            with pytest.raises(UsageError, match=f"{entry.name} cannot be run: "):
                resolve_model(entry.name)
        else:
            assert resolve_model(entry.name).name == entry.model == entry.name
            assert entry_for_model(entry.name) == entry


def test_a_network_without_published_weights() -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint of dim\.refine is known"):
        entry_for_model("dim.refine")
    assert named_entry("dim.stage0-62.0") == load_manifest()["dim.stage0-62.0"]


def test_prefixes_are_those_of_the_file_names() -> None:
    for entry in load_manifest().values():
        if entry.pin and "sha256_prefix" in entry.pin:
            assert entry.file.removesuffix(".pth").endswith("-" + entry.pin["sha256_prefix"])


def test_terms_follow_the_training_data() -> None:
    for entry in load_manifest().values():
        on_adobe = bool(entry.scores) and entry.scores["set"].startswith("Composition-1k")
        if on_adobe or entry.name == "aimnet.update":
            assert entry.non_commercial
            assert "Adobe" in entry.licence


def test_it_goes_into_the_wheel() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert f'"{FILE_NAME}" = "indexnet_cli/{FILE_NAME}"' in project
