"""Models of other packages: found by metadata, imported when asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import MODELS, model_names, resolve_model
from tests.cli.running import invoke
from tests.plugins import install_models

SPEC = """
from dataclasses import replace
from pathlib import Path
from indexnet_cli.models.registry import MODELS
V1 = replace(MODELS["indexnet.open"], name="mine.v1", architecture="mine",
             weights=Path(__file__).with_name("mine.safetensors"))
NEEDY = replace(V1, name="mine.needy", requires={"no_such_package": "mine[all]"})
NOTHING = "no spec"
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    def put(code: str = SPEC, **models: str) -> None:
        (tmp_path / "mine_plugin.py").write_text(code)
        install_models(tmp_path, {f"mine.{tag}": f"mine_plugin:{to}" for tag, to in models.items()})
        monkeypatch.syspath_prepend(tmp_path)

    monkeypatch.delitem(sys.modules, "mine_plugin", raising=False)
    yield put  # type: ignore[misc]
    sys.modules.pop("mine_plugin", None)


def test_found_without_importing(install: Install) -> None:
    install("raise SystemExit('imported')", v1="V1")
    assert "mine.v1" in model_names()
    listed = invoke("weights", "list")
    assert listed.exit_code == 0
    assert "mine.v1 is a model of the package made-up." in listed.stdout
    with pytest.raises(UsageError, match=r"known models: .*mine\.v1"):
        resolve_model("unheard.of")


def test_asked_for(install: Install, tmp_path: Path) -> None:
    install(v1="V1")
    spec = resolve_model("mine")  # its only tag
    assert spec is resolve_model("mine.v1")
    with pytest.raises(CheckpointError, match=r"mine\.safetensors, the weights of mine\.v1"):
        find_checkpoint("mine.v1")
    (tmp_path / "mine.safetensors").touch()
    assert find_checkpoint("mine.v1").source == "plug-in"


def test_its_own_weights_are_finished_as_it_says(
    install: Install, tmp_path: Path, weights_file: Path
) -> None:
    install(v1="V1")
    (tmp_path / "mine.safetensors").symlink_to(weights_file)
    report = Matter("mine.v1").report
    assert (report.scales, report.fit_colours) == (3, True)
    report = Matter("mine.v1", weights_file).report
    assert (report.scales, report.fit_colours) == (1, False)


def test_a_bare_name_of_several_is_not_guessed(install: Install) -> None:
    install(v1="V1", v2="V1")
    with pytest.raises(UsageError, match="there is no model 'mine'"):
        resolve_model("mine")


def test_what_it_needs_is_told(install: Install) -> None:
    install(needy="NEEDY")
    with pytest.raises(UsageError, match="needs the package no_such_package") as raised:
        resolve_model("mine.needy")
    assert raised.value.hint == 'pip install "mine[all]"'


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("ABSENT", "cannot be imported"),
        ("NOTHING", "is no ModelSpec called mine.v1"),
        ("NEEDY", "is no ModelSpec called mine.v1"),
    ],
)
def test_broken_ones_are_told(install: Install, target: str, told: str) -> None:
    install(v1=target)
    with pytest.raises(UsageError, match=told):
        resolve_model("mine.v1")


def test_one_that_does_not_import_is_told(install: Install) -> None:
    install("import no_such_package", v1="V1")
    with pytest.raises(UsageError, match="no_such_package") as raised:
        resolve_model("mine.v1")
    assert "made-up" in raised.value.hint


def test_own_models_cannot_be_replaced(install: Install, tmp_path: Path) -> None:
    install_models(tmp_path, {"indexnet.open": "nowhere:AT_ALL"}, "thief")
    install(v1="V1")
    assert resolve_model("indexnet.open") is MODELS["indexnet.open"]
