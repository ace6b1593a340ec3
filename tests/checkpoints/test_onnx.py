"""The ONNX file: equal to torch at sizes that were not traced, and the program of the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from indexnet_cli.checkpoints import onnx_export
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.engine.matter import Matter
from indexnet_cli.models.registry import build_network, resolve_model
from tests.cli.running import ROOT, invoke
from tests.plugins import code_block

SPEC = resolve_model("indexnet.open")
CLOSE = 1e-4


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The bundled weights, by the command: the file, and what ``--json`` says of it."""
    pytest.importorskip("onnxscript", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    result = invoke("weights", "export", "indexnet.open", "-o", path, "--json")
    assert result.exit_code == 0, result.output
    return path, json.loads(result.stdout)


def session(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("shape", [(1, 4, 96, 64), (3, 4, 32, 160)], ids=str)  # traced: 2, 64, 96
def test_equals_torch(exported: tuple[Path, Any], shape: tuple[int, ...]) -> None:
    path, told = exported
    network = build_network(SPEC)
    bundled = ROOT / "indexnet_cli" / "weights" / "indexnet.open.safetensors"
    load_into(network, read_state_dict(bundled), "bundled")
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    x[:, 3] = torch.tensor([0, 128 / 255, 1]).repeat(shape[3] // 3 + 1)[: shape[3]]
    with torch.no_grad():
        expected = network.eval()(x).numpy()
    (alpha,) = session(path).run([told["output_name"]], {told["input"]: x.numpy()})
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(alpha, expected, atol=CLOSE)


def test_what_the_file_says(exported: tuple[Path, Any]) -> None:
    path, told = exported
    about = session(path).get_modelmeta().custom_metadata_map
    assert about["model"] == about["checkpoint"] == told["checkpoint"] == "indexnet.open"
    assert json.loads(about["mean"]) == list(SPEC.mean) == told["mean"]
    assert json.loads(about["std"]) == list(SPEC.std)
    assert (about["multiple"], about["licence"]) == ("32", "Apache-2.0")
    assert str(ROOT).encode() not in path.read_bytes()  # nothing of the machine that wrote it
    assert path.stat().st_size == told["bytes"]


def test_the_program_on_the_page(
    exported: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.onnx").symlink_to(exported[0])
    image = Image.open(ROOT / "examples" / "fluff.jpg").crop((300, 200, 430, 290))
    levels = np.full((90, 130), 128, np.uint8)
    levels[:10], levels[-10:] = 0, 255
    image.save(tmp_path / "photo.png")
    Image.fromarray(levels).save(tmp_path / "trimap.png")
    monkeypatch.chdir(tmp_path)
    exec(compile(code_block(ROOT / "docs" / "onnx.md", "python"), "onnx.md", "exec"), {})
    matter = Matter(
        "indexnet.open", precision="fp32", views=1, scales=1, enlarge=False, fit_colours=False
    )
    expected = matter.matte(np.asarray(image), levels)
    found = np.asarray(Image.open("alpha.png")).astype(np.float32)
    assert np.abs(found - expected * 255).max() < 0.6


def test_an_output_that_exists_stays(exported: tuple[Path, Any]) -> None:
    path, _told = exported
    before = path.read_bytes()
    result = invoke("weights", "export", "indexnet.open", "-o", path)
    assert (result.exit_code, path.read_bytes()) == (2, before)
    assert "--overwrite" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["indexnet.open", "-o", "model.pb"], 2, "does not end in .onnx"),
        (["dim.stage1", "-o", "model.onnx"], 2, "dim.stage1 has no ONNX form"),
        (["unheard.of", "-o", "model.onnx"], 2, "there is no model"),
        (["indexnet.official", "-o", "model.onnx"], 4, "indexnet.official"),
        (["indexnet.open", "-o", "missing/model.onnx"], 3, "missing"),
        (["indexnet.open", "--weights", "no.pth", "-o", "model.onnx"], 4, "does not exist"),
    ],
)
def test_what_a_user_can_get_wrong(
    arguments: list[str], code: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("weights", "export", *arguments)
    assert result.exit_code == code, result.stderr
    assert told in result.stderr
    assert not list(tmp_path.glob("*.onnx"))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(onnx_export, "find_spec", lambda _package: None)
    result = invoke("weights", "export", "indexnet.open", "-o", tmp_path / "model.onnx")
    assert result.exit_code == 2
    assert 'pip install "indexnet[onnx]"' in result.stderr
