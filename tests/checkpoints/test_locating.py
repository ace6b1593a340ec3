from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from indexnet_cli.checkpoints import locating
from indexnet_cli.checkpoints.cache import cache_dir, weights_dir
from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.checkpoints.manifest import load_manifest
from indexnet_cli.checkpoints.pins import check_pin, file_digest
from indexnet_cli.errors import CheckpointError
from indexnet_cli.models.registry import MODELS, resolve_model


def test_every_indexnet_has_its_checkpoint_in_the_manifest() -> None:
    known = {entry.model for entry in load_manifest().values() if entry.kind == "model"}
    assert {name for name in MODELS if name.startswith("indexnet.")} <= known
    bundled = [entry.name for entry in load_manifest().values() if entry.bundled]
    assert bundled == ["indexnet.open", "indexnet.open-small"]


def test_a_bare_architecture_means_its_default() -> None:
    assert resolve_model("indexnet") is MODELS["indexnet.open"]


def test_home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_dir() == own_home
    monkeypatch.delenv("INDEXNET_HOME")
    assert cache_dir().name == "indexnet"


def test_what_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(CheckpointError) as raised:
        find_checkpoint("indexnet.official")
    assert "non-commercial" in raised.value.message
    assert "indexnet weights pull indexnet.official" in raised.value.hint
    assert "--weights FILE" in raised.value.hint


def test_a_file_in_the_cache_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = load_manifest()["indexnet.openmmlab"]
    path = weights_dir() / entry.file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="is not the published"):
        find_checkpoint(entry.model)
    digest = hashlib.sha256(b"something else").hexdigest()
    pinned = replace(entry, pin={"sha256_prefix": digest[:8]})
    monkeypatch.setattr(locating, "entry_for_model", lambda _model: pinned)
    assert find_checkpoint(entry.model).source == "cache"


def test_git_blob_pin(tmp_path: Path) -> None:
    (tmp_path / "hello").write_bytes(b"hello\n")
    expected = "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
    assert file_digest(tmp_path / "hello", "git_blob_sha1") == expected
    entry = load_manifest()["indexnet.official"]
    check_pin(tmp_path / "hello", replace(entry, pin={"git_blob_sha1": expected}))
    assert asdict(entry)["non_commercial"]


def test_weights_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_checkpoint("indexnet.official", "indexnet.open")
    assert (found.name, found.source) == ("indexnet.open", "bundled")
    with pytest.raises(CheckpointError, match=r"indexnet weights pull dim\.stage1"):
        find_checkpoint("indexnet.open", "dim.stage1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "indexnet.open").write_bytes(b"a file of that name comes first")
    assert find_checkpoint("indexnet.official", "indexnet.open").source == "file"


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="folder"):
        find_checkpoint("indexnet.open", tmp_path)
