"""``indexnet weights``, with a server on this machine in place of the world."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from indexnet_cli.checkpoints import locating, manifest
from indexnet_cli.checkpoints.downloading import fetching
from indexnet_cli.checkpoints.downloading.session import Patience
from indexnet_cli.checkpoints.manifest import Entry, load_manifest
from indexnet_cli.models.registry import build_network, resolve_model
from tests.checkpoints import local_server as serve
from tests.checkpoints.local_server import Site
from tests.cli.running import invoke, save_pair

NAME = "indexnet.official"
PATH = "/indexnet_matting.pth.tar"
CONTENT = b"\x80\x02" + bytes(1000)  # begins as a checkpoint does


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(fetching, "PATIENCE", Patience(attempts=1, connecting=2, silence=2))
    with serve.serving() as served:
        monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", served.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("INDEXNET_OFFLINE")
        yield served


def git_pin(content: bytes) -> dict[str, str]:
    return {"git_blob_sha1": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}


def publish(content: bytes, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Entry:
    """Let the manifest say that ``indexnet.official`` is ``content``."""
    entry = replace(load_manifest()[NAME], **{"pin": git_pin(content), **changes})
    entries = {**load_manifest(), NAME: entry}
    for module in (manifest, locating):
        monkeypatch.setattr(module, "load_manifest", lambda: entries)
    return entry


def test_list(own_home: Path) -> None:
    table = invoke("weights", "list").stdout
    assert "indexnet.open              bundled  12.0 MB   Apache-2.0" in table
    assert "dim.stage0-72.9 cannot be run: it was trained on colours" in table
    assert "non-commercial" in table
    assert "SAD 45.8, MSE 0.013, Grad 25.9, Conn 43.7 (Composition-1k)" in table
    told = {
        entry["name"]: entry for entry in json.loads(invoke("weights", "list", "--json").stdout)
    }
    assert set(told) == set(load_manifest())
    assert told[NAME]["state"] == "no"
    assert told[NAME]["non_commercial"] is True
    assert told["aimnet.update"]["manual"][0]["note"] == "password evik"
    assert told["vgg16.imagenet"]["kind"] == "encoder"
    assert not own_home.exists()


def test_list_in_detail() -> None:
    assert "hosting repository says Apache-2.0" in invoke("weights", "list", "-v").stdout


def test_pull(site: Site, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    publish(CONTENT, monkeypatch)
    site.routes[PATH] = serve.well(CONTENT)
    result = invoke("weights", "pull", NAME)
    assert result.exit_code == 0, result.output
    first_line = result.stderr.splitlines()[0]
    assert first_line.startswith(f"{NAME}: ~24 MB from 127.0.0.1")
    assert "licence: non-commercial use only" in first_line
    assert (own_home / "weights" / "indexnet_matting.pth.tar").read_bytes() == CONTENT
    again = invoke("weights", "pull", NAME, "indexnet.open", "--json")
    told = json.loads(again.stdout)
    assert [item["before"] for item in told] == ["cached", "bundled"]
    assert told[0]["non_commercial"] is True
    assert told[0]["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert len(site.log) == 1


def test_pull_what_is_not_there(site: Site) -> None:
    result = invoke("weights", "pull", NAME)
    assert result.exit_code == 4
    assert "answers 404" in result.stderr
    assert f"indexnet weights add {NAME} FILE" in result.stderr
    assert "https://raw.githubusercontent.com/poppinace" in result.stderr


@pytest.mark.parametrize("command", ["pull", "verify", "remove", "path"])
def test_unknown_names(command: str) -> None:
    result = invoke("weights", command, "indexnet.unheard-of")
    assert result.exit_code == 2
    assert "indexnet.openmmlab" in result.stderr


def test_a_bare_architecture(own_home: Path) -> None:
    assert invoke("weights", "path", "indexnet").stdout.endswith("indexnet.open.safetensors\n")
    assert invoke("weights", "path").stdout == f"{own_home / 'weights'}\n"


def test_begun(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    content = CONTENT * 200
    publish(content, monkeypatch)
    site.routes[PATH] = serve.cut_off(content, 150_000)
    assert invoke("weights", "pull", NAME).exit_code == 4
    told = {
        entry["name"]: entry for entry in json.loads(invoke("weights", "list", "--json").stdout)
    }
    assert told[NAME]["state"] == "begun"
    site.routes[PATH] = serve.well(content)
    assert "going on after 131,072 bytes" in invoke("weights", "pull", NAME).stderr


def test_add_verify_remove(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = publish(CONTENT, monkeypatch)
    brought, kept = tmp_path / "fetched (1).tar", own_home / "weights" / entry.file
    brought.write_bytes(CONTENT)
    added = invoke("weights", "add", NAME, brought, "--json")
    assert added.exit_code == 0, added.output
    assert json.loads(added.stdout)["non_commercial"] is True
    assert kept.read_bytes() == brought.read_bytes() == CONTENT
    verified = json.loads(invoke("weights", "verify", "--json").stdout)
    assert {item["name"]: item["result"] for item in verified} == {
        "indexnet.open": "right",
        "indexnet.open-small": "right",
        NAME: "right",
    }
    kept.write_bytes(CONTENT[:-1])
    damaged = invoke("weights", "verify")
    assert damaged.exit_code == 4
    assert f"{NAME}    differs" in damaged.stdout
    assert "not as published: indexnet.official" in damaged.stderr
    assert invoke("weights", "verify", "indexnet.openmmlab").exit_code == 4
    removed = json.loads(invoke("weights", "remove", NAME, "--json").stdout)
    assert removed == [{"name": NAME, "freed_bytes": len(CONTENT) - 1}]
    assert not kept.exists()
    assert "was not here" in invoke("weights", "remove", NAME).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"something else", "is not the published indexnet.official: git_blob_sha1"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (None, "is not a file"),
    ],
)
def test_add_something_else(
    tmp_path: Path, own_home: Path, content: bytes | None, said: str
) -> None:
    brought = tmp_path / "brought.pth"
    if content is not None:
        brought.write_bytes(content)
    result = invoke("weights", "add", NAME, brought)
    assert result.exit_code == 4
    assert said in result.stderr
    assert not list(own_home.rglob("*.tar")) + list(own_home.rglob("*.adding"))


def test_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(CONTENT, monkeypatch, pin=None)
    one, other = tmp_path / "one.pth", tmp_path / "other.pth"
    one.write_bytes(CONTENT)
    other.write_bytes(CONTENT + b"!")
    assert "pinned from now on" in invoke("weights", "add", NAME, one).stderr
    refused = invoke("weights", "add", NAME, other)
    assert refused.exit_code == 4
    assert f"indexnet weights remove {NAME}" in refused.stderr
    assert invoke("weights", "remove", NAME).exit_code == 0
    assert invoke("weights", "add", NAME, other).exit_code == 0


def test_verify_pins_what_was_put_there(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = publish(CONTENT, monkeypatch, pin=None)
    path = own_home / "weights" / entry.file
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert "pinned from now on" in invoke("weights", "verify", NAME).stderr
    path.write_bytes(CONTENT + b"!")
    assert invoke("weights", "verify", NAME).exit_code == 4


@pytest.mark.parametrize("command", [("remove", "indexnet.open"), ("add", "indexnet.open", "x")])
def test_the_bundled_one_stays(command: tuple[str, ...]) -> None:
    result = invoke("weights", *command)
    assert result.exit_code == 2
    assert "bundled" in result.stderr


def test_matte_pulls_on_the_spot(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file with the keys and wrappings of the published one, by name, through the server."""
    network = build_network(resolve_model(NAME))
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    assert len(state) == 549
    published = tmp_path / "published.pth.tar"
    document = {"state_dict": state, "epoch": 26, "optimizer": {"state": {}, "param_groups": []}}
    torch.save(document, published, _use_new_zipfile_serialization=False)
    content = published.read_bytes()
    assert abs(len(content) / 1e6 - 24.0) < 0.3
    publish(content, monkeypatch)
    site.routes[PATH] = serve.well(content)
    pair = save_pair(tmp_path)
    result = invoke("matte", *pair, "--model", NAME, "-o", tmp_path / "a.png", "--json")
    assert result.exit_code == 0, result.output
    assert sum("non-commercial" in line for line in result.stderr.splitlines()) == 1
    told = json.loads(result.stdout)
    assert told["checkpoint"]["source"] == "cache"
    assert told["checkpoint"]["non_commercial"] is True
    assert len(site.log) == 1
    assert (tmp_path / "a.png").is_file()


def test_matte_offline(tmp_path: Path) -> None:
    pair = save_pair(tmp_path)
    result = invoke("matte", *pair, "--model", NAME, "-o", tmp_path / "a.png")
    assert result.exit_code == 4
    assert "INDEXNET_OFFLINE is set" in result.stderr
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("weights", ["dim.stage1", "somewhere/else.pth"])
def test_matte_with_weights_that_are_not_here(site: Site, tmp_path: Path, weights: str) -> None:
    """A known name is looked for on the server, anything else is a file."""
    pair = save_pair(tmp_path)
    result = invoke("matte", *pair, "--weights", weights, "-o", tmp_path / "a.png")
    assert result.exit_code == 4
    assert len(site.log) == (1 if weights == "dim.stage1" else 0)
