from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from indexnet_cli.datasets.assembling import running
from indexnet_cli.datasets.assembling.plan import EACH, plan_compositions
from indexnet_cli.datasets.composing import RULES, compose, fit_background
from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.layouts.recognition import read_layouts
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.evaluation.layouts import read_truth, recognise
from indexnet_cli.imaging.reading import read_image
from tests.cli.running import invoke
from tests.datasets import scenes as make


@pytest.fixture
def combined(tmp_path: Path) -> Path:
    """Foregrounds of both sets, nothing composed yet."""
    root = tmp_path / "Combined_Dataset"
    for part, stems in (("Training_set", ["b one (1)", "c"]), ("Test_set", ["t"])):
        make.fill(root / part, "fg", [f"{s}.png" for s in stems], [make.colours(3)] * len(stems))
        make.fill(root / part, "alpha", [f"{s}.png" for s in stems], [make.disc()] * len(stems))
    make.make_photographs(root / "bg", 7)
    return root


def build(root: Path, *more: str | Path) -> dict[str, object]:
    result = invoke("composite", "--dataset", root, "--json", *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "journal" not in path.name and path.suffix != ".jsonl"
    }


def test_published_counts_and_names(combined: Path, tmp_path: Path) -> None:
    planned = {split: plan_compositions(combined, split, None, EACH[split], 0) for split in EACH}
    assert [made.name for made in planned["train"]][98:101] == [
        "b one (1)_98",
        "b one (1)_99",
        "c_0",
    ]
    assert (len(planned["train"]), len(planned["test"])) == (200, 20)


def test_files_and_lists(combined: Path, tmp_path: Path) -> None:
    told = build(combined, "-o", tmp_path / "out", "--each", "4")
    assert told["made"] == 2 * 4 + 4
    made = files(tmp_path / "out")
    assert "Training_set/merged/b one (1)_3.png" in made
    assert len(made["lists/train.txt"].splitlines()) == 8
    assert made["lists/test.txt"].splitlines()[3].split(b"\t") == [
        b"Test_set/merged/t_3.png",
        b"Test_set/alpha/t.png",
        b"Test_set/trimaps/t_3.png",
    ]


@pytest.mark.parametrize("form", ["indexnet", "mmagic", "dim"])
def test_what_is_built_is_what_the_rule_says_and_can_be_trained_on(
    combined: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    build(combined, "-o", out, "--like", form, "--each", "3")
    (layout,) = read_layouts([out])
    assert len(layout.scenes) == 6
    merged = out / ("train/image" if form == "dim" else "Training_set/merged")
    for scene in layout.scenes:
        assert scene.foreground is not None
        assert scene.background is not None
        front = read_image(scene.foreground).pixels
        behind = fit_background(read_image(scene.background).pixels, 72, 96, RULES[form])
        expected = compose(front, make.disc(), behind, RULES[form])
        np.testing.assert_array_equal(read_image(merged / f"{scene.name}.png").pixels, expected)
    sampling = {"indexnet": "indexnet", "mmagic": "indexnet-mmagic", "dim": "dim"}[form]
    store = DecodedStore(tmp_path / "decoded")
    assert open_samples([out], sampling, 0, 32, store=store)[5].foreground is not None


def test_the_test_set_can_be_scored(combined: Path, tmp_path: Path) -> None:
    build(combined, "-o", tmp_path / "out", "--split", "test", "--each", "5")
    truth = read_truth(recognise(tmp_path / "out"))
    assert (truth.layout, len(truth.entries), truth.problems) == ("Composition-1k", 5, ())


def test_plain_cut_outs_are_for_training(tmp_path: Path) -> None:
    root = make.make_cut_outs(tmp_path / "mine")
    assert build(root, "-o", tmp_path / "out", "--each", "2")["made"] == 4
    assert not (tmp_path / "out/Test_set").exists()


def test_names_of_the_lists_decide_the_order(combined: Path, tmp_path: Path) -> None:
    (combined / "training_fg_names.txt").write_text("c.png\nb one (1).png\n")
    long = [f"COCO_train2014_b{n}.jpg" for n in (6, 0, 1, 2)]
    (combined / "training_bg_names.txt").write_text("\n".join(long))
    build(combined, "-o", tmp_path / "out", "--split", "train", "--each", "2")
    lines = (tmp_path / "out/lists/train.txt").read_text().splitlines()
    pairs = [(Path(a).name, Path(d).name) for a, _, _, d in (line.split("\t") for line in lines)]
    assert pairs == [
        ("c_0.png", "b6.jpg"),
        ("c_1.png", "b0.jpg"),
        ("b one (1)_0.png", "b1.jpg"),
        ("b one (1)_1.png", "b2.jpg"),
    ]


def test_same_seed_same_bytes_and_it_goes_on(combined: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    build(combined, "-o", one, "--each", "4", "--threads", "1")
    build(combined, "-o", two, "--each", "4", "--threads", "3")
    assert files(one) == files(two)
    assert build(combined, "-o", one, "--each", "4")["made"] == 0
    (one / "Training_set/merged/c_1.png").unlink()
    (one / "Training_set/merged/c_2.png").write_bytes(b"half")
    again = build(combined, "-o", one, "--each", "4")
    assert (again["made"], again["done_before"]) == (2, 10)
    assert files(one) == files(two)
    build(combined, "-o", tmp_path / "other", "--each", "4", "--seed", "1")
    assert files(tmp_path / "other") != files(one)


def test_within_the_data_set_itself_inputs_stay(combined: Path) -> None:
    before = (combined / "Test_set/alpha/t.png").read_bytes()
    build(combined, "--each", "2")
    assert (combined / "Test_set/alpha/t.png").read_bytes() == before
    assert (combined / "Test_set/merged/t_1.png").is_file()
    assert build(combined, "--each", "2")["made"] == 0


def test_files_of_others_are_not_replaced(combined: Path, tmp_path: Path) -> None:
    mine = make.write(tmp_path / "out/Training_set/merged/c_0.png", make.colours(1))
    result = invoke("composite", "--dataset", combined, "-o", tmp_path / "out", "--each", "1")
    assert result.exit_code == 2
    np.testing.assert_array_equal(cv2.imread(str(mine)), make.colours(1))


def test_the_disk_is_asked_first(
    combined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 100_000})
    monkeypatch.setattr(running.shutil, "disk_usage", lambda _place: usage)
    out = tmp_path / "out"
    result = invoke("composite", "--dataset", combined, "-o", out)
    assert result.exit_code == 3
    assert "0.1 MB are free" in result.output
    assert not out.exists()


def test_the_estimate_is_near(combined: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = invoke("composite", "--dataset", combined, "-o", out, "--each", "8")
    told = float(result.stderr.split("about ")[1].split(" MB")[0])
    took = sum(len(data) for data in files(out).values()) / 1e6
    assert told == pytest.approx(took, rel=0.3)


def test_one_bad_photograph_does_not_stop_the_rest(combined: Path, tmp_path: Path) -> None:
    (combined / "bg/b5.jpg").write_bytes(b"no picture")
    arguments = ("composite", "--dataset", combined, "-o", tmp_path / "out", "--each", "7")
    result = invoke(*arguments, "--split", "train", "--seed", "3", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["made"], len(told["failed"])) == (12, 2)
    assert "b5.jpg" in result.stderr


def test_wrong_usage(combined: Path) -> None:
    assert invoke("composite").exit_code == 2
    assert invoke("composite", "photo.jpg", "--dataset", combined).exit_code == 2
    assert invoke("composite", "--dataset", combined / "bg").exit_code == 3
