"""The scripts that print our figures run, here on pictures too small for figures."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.models.registry import DEFAULT_MODEL

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def bench(monkeypatch, capsys):
    def bench(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        monkeypatch.syspath_prepend(BENCHMARKS)
        runpy.run_path(str(BENCHMARKS / name), run_name="__main__")
        return capsys.readouterr().out

    return bench


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


@pytest.mark.skipif(not hasattr(__import__("os"), "sched_getaffinity"), reason="Linux only")
def test_batch(bench):
    said = bench("batch.py", "--count", "3", "--side", "64")
    assert "3 pictures of 64^2" in said
    wall = figure(r"([\d.]+) s wall", said)
    assert wall > 0
    assert figure(r"ratio ([\d.]+)", said) > 0.5
    known = bench("batch.py", "--count", "20", "--side", "16", "--known")
    assert "ratio" not in known
    assert figure(r"([\d.]+) MiB at the end", known) > 1


def test_command(bench):
    said = bench("command.py", "--repeats", "0", "--width", "60", "--height", "60")
    whole = figure(r"whole command \| ([\d.]+)", said)
    steps = [figure(rf"{step} \| ([\d.]+)", said) for step in ("torch", "pass", "else")]
    assert min(steps) > 0
    assert sum(steps) < whole


def test_editor(bench, monkeypatch, tmp_path):
    monkeypatch.setenv("INDEXNET_HOME", str(tmp_path))  # restored, as the script sets its own
    said = bench(
        "editor.py", "--strokes", "1", "--width", "160", "--height", "96", "--length", "20"
    )
    assert 0 < figure(r"preview: median ([\d.]+)", said) <= figure(r"exact: median ([\d.]+)", said)


@pytest.fixture
def measured_pictures(tmp_path):
    rng = np.random.default_rng(0)
    alpha = np.linspace(0, 255, 64 * 48).reshape(48, 64).astype(np.uint8)
    trimap = np.where(alpha < 60, 0, np.where(alpha > 200, 255, 128)).astype(np.uint8)
    pictures = {
        "image": rng.integers(0, 256, (48, 64, 3), np.uint8),
        "alpha": alpha,
        "trimap": trimap,
        "trimap2": trimap,
    }
    for folder, pixels in pictures.items():
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels).save(tmp_path / folder / "ramp.png")
    return tmp_path


def test_quality(bench, measured_pictures):
    sheet = measured_pictures / "sheet.png"
    said = bench("quality.py", "--examples", str(measured_pictures), "--sheet", str(sheet))
    assert said.count("| ramp | indexnet |") == said.count("**mean**") == 2
    assert Image.open(sheet).size[0] == 4 * 64 * 240 // 48
    broad = bench("quality.py", "--examples", str(measured_pictures), "--breadth")
    sads = re.findall(r"\*\*mean\*\* \| \*\*indexnet\*\* \| ([\d.]+)", said)
    rows = re.findall(r"\*\*mean\*\* \| ([\d.]+) \|.* ([\d.]+) \|", broad)
    assert [everything for everything, _ in rows] == sads
    assert len(sads) == 2
    assert all(float(broadest) <= float(everything) for everything, broadest in rows)
    stressed = bench("quality.py", "--examples", str(measured_pictures), "--stress")
    assert figure(r"all unknown \| ([\d.]+)", stressed) > figure(r"as it is \| ([\d.]+)", stressed)


def test_compositions(bench, pack_folder):
    folders = ["--data-dir", str(pack_folder), "--side", "96", "--each", "2"]
    said = bench("compositions.py", *folders, "--kinds", "hair", "glass_veil")
    rows = re.findall(r"\| (\w+) \| [\d.]+ \| indexnet \| ([\d.]+)", said)
    assert [kind for kind, _ in rows] == ["hair", "glass_veil"]
    mean = figure(r"\*\*indexnet\*\* \| ([\d.]+)", said)
    assert mean == pytest.approx(sum(float(sad) for _, sad in rows) / 2, abs=0.01)
    pictures = re.findall(r"to [\d.]+ \| (\d+) \| indexnet", said)
    assert sum(map(int, pictures)) == 4


def test_recomposed(bench, measured_pictures, pack_folder):
    folders = ["--examples", str(measured_pictures), "--data-dir", str(pack_folder)]
    said = bench("recomposed.py", *folders, "--each", "2")
    rows = re.findall(r"\| (ramp \d) \| indexnet \| (([\d.]+) [\d.| ]+)", said)
    assert [name for name, _, _ in rows] == 2 * ["ramp 0", "ramp 1"]
    # Other backgrounds: their SADs alone may agree in the digits that are printed.
    assert rows[0][1] != rows[1][1]
    assert rows[:2] == rows[2:]  # trimap and trimap2 are the same here
    mean = figure(r"\*\*indexnet\*\* \| ([\d.]+)", said)
    assert mean == pytest.approx(sum(float(sad) for _, _, sad in rows[:2]) / 2, abs=0.01)


def test_held_out(bench, pack_folder):
    path = str(find_checkpoint(DEFAULT_MODEL).path)
    pictures = ["--data-dir", str(pack_folder), "--side", "64", "--count", "6"]
    kinds = ["--kinds", "hair", "blur"]
    said = bench("held_out.py", *pictures, *kinds, "--weights", path, path)
    assert said.startswith("6 pictures of 64 x 64 pixels\n")
    assert "+0.0 ± 0.0 % | +0.0 ± 0.0 % |" in said
    rows = re.findall(r"\| (?:hair|blur) \| (\d) \| ([\d.]+)", said)
    mean = sum(int(count) * float(mad) for count, mad in rows) / 6
    assert figure(r"safetensors \| ([\d.]+)", said) == pytest.approx(mean, abs=2e-4)
    assert "indexnet.open | 0." in bench("held_out.py", *pictures)
    marked = figure(r"safetensors \| ([\d.]+)", said)
    for fewer in ("--unmarked", "--short-of-the-edge"):
        said = bench("held_out.py", *pictures, *kinds, fewer)
        assert figure(r"indexnet.open \| ([\d.]+)", said) != marked


def test_accuracy_of_precisions(bench, measured_pictures):
    said = bench("engine.py", "--accuracy", "--examples", str(measured_pictures))
    assert 0 < figure(r"mixed \| ([\d.]+)", said) < figure(r"bf16 \| ([\d.]+)", said)


def test_sample_statistics(bench, measured_pictures, pack_folder):
    folders = ["--data-dir", str(pack_folder), "--examples", str(measured_pictures)]
    said = bench("sample_statistics.py", *folders, "--samples", "8", "--crop", "64", "--kinds")
    # The ramp: the shares of unknown pixels and of alpha there follow from its thresholds.
    assert figure(r"photographs, narrow +([\d.]+)", said) == pytest.approx(141 / 256, abs=0.01)
    assert figure(r"photographs, wide +[\d.]+ +([\d.]+)", said) == pytest.approx(0.51, abs=0.01)
    assert figure(r"samples \(8\) +([\d.]+)", said) > 0


def test_constant_channels(bench, pack_folder):
    path = find_checkpoint(DEFAULT_MODEL).path
    folders = ["--data-dir", str(pack_folder), "--pictures", "2", "--side", "64"]
    said = bench("constant_channels.py", *folders, str(path))
    assert path.name in said
    assert figure(r"layer1 +[\d.]+, ([\d.]+) +\d+ of 32\n", said) > 1
    assert figure(r"layer7 +([\d.]+), [\d.]+ +\d+ of 1920", said) > 0
    assert 0 <= figure(r"layer7 +[\d.]+, [\d.]+ +(\d+) of 1920", said) <= 1920
    assert 0 <= figure(r"index6 +(\d+) of 640", said) <= 640
    assert figure(r"decoder_layer0 +[\d.]+, ([\d.]+) +\d+ of 32\n", said) > 0.1


def test_training_step():
    command = [sys.executable, str(BENCHMARKS / "training_step.py"), "--steps", "1"]
    command += ["--set", "crop=64", "--set", "batch_size=2"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "2 x 64 x 64, fp32" in said
    published = figure(r"published \| ([\d.]+)", said)
    ours, ratio = (figure(rf"ours \| {before}([\d.]+)", said) for before in ("", r"[\d.]+ \| "))
    assert ratio == pytest.approx(published / ours, rel=0.2)
