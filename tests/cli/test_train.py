"""``indexnet train`` as people call it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from indexnet_cli.checkpoints.recognition import recognise
from indexnet_cli.errors import TrainingError
from indexnet_cli.models.dim import DeepImageMatting
from indexnet_cli.training.data import open_data
from indexnet_cli.training.loop import Trainer
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.snapshots import export_weights
from indexnet_cli.training.starting import Start
from tests.cli.running import invoke
from tests.datasets.scenes import make_cut_outs, make_plain

SHORT = ["crop=32", "steps=2", "batch_size=2", "validate_every=2", "snapshot_every=1"]


def settings(*values: str) -> list[str]:
    return [part for value in (*SHORT, *values) for part in ("--set", value)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plain(tmp_path_factory.mktemp("pictures"))


def test_folders_to_a_matte(pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    out, film = tmp_path / "run", tmp_path / "film.gif"
    command = ["train", "--recipe", "finetune", "--data-dir", str(pictures), "-o", str(out)]
    more = ["--workers", "0", "--keep", "2", "--tensorboard", "--evolution", str(film)]
    result = invoke(*command, *settings(), *more)
    assert result.exit_code == 0, result.stderr
    assert "step 2/2" in result.stderr
    assert "\x1b" not in result.stderr  # no bar where there is no terminal
    present = {path.name for path in out.iterdir()}
    assert present >= {"weights.safetensors", "best.safetensors", "snapshot.pt", "best.pt"}
    assert {"snapshot-00000001.pt", "snapshot-00000002.pt"} <= present
    assert any((out / "tensorboard").iterdir())
    with Image.open(film) as frames:
        assert frames.n_frames == 2
    with safe_open(out / "weights.safetensors", "pt") as file:
        assert json.loads(file.metadata()["scores"])["sad"] > 0
    image, trimap = pictures / "image" / "a0.jpg", pictures / "trimap" / "a0.png"
    weights = ["--weights", str(out / "best.safetensors")]
    matte = tmp_path / "a0.png"
    assert invoke("matte", str(image), str(trimap), *weights, "-o", str(matte)).exit_code == 0
    assert matte.is_file()


@pytest.mark.parametrize(
    ("native", "precision", "taken", "warned"),
    [
        (False, "bf16", "bf16", True),
        (True, "bf16", "bf16", False),
        (False, "fp32", "fp32", False),
        (False, "auto", "fp32", False),
        (True, "auto", "bf16", False),
    ],
)
def test_numbers_that_the_processor_lacks_are_warned_of(
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    native: bool,
    precision: str,
    taken: str,
    warned: bool,
) -> None:
    monkeypatch.setattr("indexnet_cli.engine.precision.multiplies_bf16", lambda: native)
    command = ["train", "--recipe", "finetune", "--data-dir", str(pictures), "--dry-run"]
    more = ["--workers", "0", "--device", "cpu", *settings(f"precision={precision}")]
    result = invoke(*command, *more)
    assert result.exit_code == 0, result.stderr
    assert f"on cpu in {taken}" in result.stderr
    assert ("--set precision=auto" in result.stderr) is warned


def test_dry_run_writes_nothing(pictures: Path, tmp_path: Path) -> None:
    command = ["train", "--recipe", "finetune", "--data-dir", str(pictures), "--dry-run"]
    result = invoke(*command, "-o", str(tmp_path / "run"), "--workers", "0", *settings())
    assert result.exit_code == 0, result.stderr
    assert "2 (a0, a1) for validation" in result.stderr
    assert "step 2" in result.stderr
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--set", "crops=3"], 2, "crops"),
        (["--recipe", "mine"], 2, "dim-stage3"),
        (["--recipe", "dim-stage3"], 2, "--init"),
        (["--recipe", "finetune", "--encoder", "alexnet"], 2, "mobilenetv2.imagenet"),
        (["--recipe", "indexnet"], 4, "--encoder mobilenetv2.imagenet"),
        (["--recipe", "dim-stage1", "--encoder", "none"], 2, "composition_weight=0"),
        (["--minutes", "0"], 2, "above 0"),
        (
            [
                *("--recipe", "indexnet", "--encoder", "none", "--set", "batch_size=1"),
                *("--set", "crop=32", "--set", "composition_weight=0"),
            ],
            2,
            "batch_size=N",
        ),
        (["--recipe", "indexnet", "--minutes", "5"], 2, "schedule=warmup"),
        (["--evolution", "/no/such/folder/a.gif"], 2, "folder"),
    ],
)
def test_what_cannot_be_meant(
    pictures: Path, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    result = invoke(
        *("train", "--data-dir", str(pictures), "-o", str(tmp_path / "run"), "--workers", "0"),
        *arguments,
    )
    assert result.exit_code == code
    assert told in result.stderr
    assert not (tmp_path / "run" / "weights.safetensors").exists()


def test_cut_outs_without_backgrounds_are_told(tmp_path: Path) -> None:
    folder = make_cut_outs(tmp_path / "cut-outs")
    (folder / "bg").rename(tmp_path / "elsewhere")
    result = invoke("train", "--recipe", "finetune", "--data-dir", str(folder), "--dry-run")
    assert result.exit_code == 2
    assert "--backgrounds" in result.stderr


def test_loss_that_is_no_number_ends_the_run(pictures: Path, tmp_path: Path) -> None:
    recipe = load_recipe("finetune", [*SHORT, "bad_steps=2", "steps=9", "validate_every=9"])
    data = open_data([pictures], recipe)
    trainer = Trainer(recipe, data, tmp_path, torch.device("cpu"), Start(), 0)
    parameter = next(trainer.network.parameters())
    with torch.no_grad():
        parameter.fill_(math.nan)
    with pytest.raises(TrainingError, match="2 times in a row"):
        trainer.run(lambda progress: None)
    assert trainer.step == 2


def test_checkpoint_says_which_of_two_networks_it_is_of(tmp_path: Path) -> None:
    """Deep Image Matting with and without skip connections have the same keys."""
    with torch.device("meta"):
        shapes = DeepImageMatting().state_dict()
    state = {key: torch.zeros(1).expand(value.shape) for key, value in shapes.items()}
    path = tmp_path / "weights.safetensors"
    small = {"conv1_1.bias": torch.zeros(64)}
    export_weights(small, path, facts={"model": "dim.stage1-skip"})
    assert recognise(state, path).name == "dim.stage1-skip"
