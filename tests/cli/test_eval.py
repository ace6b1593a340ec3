from __future__ import annotations

import csv
import json

import pytest

from tests.cli.running import invoke
from tests.evaluation.sets import blob, plain_set, save


@pytest.fixture
def folders(tmp_path):
    return plain_set(tmp_path, {"a": 0.5, "b": 2.0})


def test_tables_name_images_means_and_units(folders):
    found = invoke("eval", folders[1], "--data-dir", folders[0])
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("a ", "b "))] == ["b", "a"]
    assert "SAD, Grad and Conn in thousands" in found.stdout


def test_json_and_csv(folders, tmp_path):
    table = tmp_path / "scores.csv"
    found = invoke(
        "eval", folders[1], "--alpha", folders[0] / "alpha", "--trimap", folders[0] / "trimap",
        "--json", "--csv", table, "--region", "both",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert set(document["sources"][0]["means"]) == {"unknown", "whole"}
    assert len(list(csv.DictReader(table.open()))) == 4
    again = invoke("eval", folders[1], "--data-dir", folders[0], "--csv", table)
    assert again.exit_code == 2


def test_holes_are_listed_and_end_with_1(folders):
    (folders[1] / "a.png").unlink()
    save(folders[1] / "stray.png", blob(0)[2])
    found = invoke("eval", folders[1], "--data-dir", folders[0], "--json")
    assert found.exit_code == 1
    assert "missing: a" in found.stderr
    assert "stray.png" in found.stderr
    assert {p["kind"] for p in json.loads(found.stdout)["problems"]} == {"missing", "extra"}


def test_several_folders_are_compared(folders, tmp_path):
    for name in "ab":
        save(tmp_path / "perfect" / f"{name}.png", blob("ab".index(name))[2])
    found = invoke("eval", folders[1], tmp_path / "perfect", "--data-dir", folders[0])
    assert found.exit_code == 0, found.output
    assert "perfect - mattes" in found.stdout
    assert "2 of 2" in found.stdout


def test_published_scores_stand_beside_ours(tmp_path):
    _, trimap, alpha = blob(0)
    save(tmp_path / "Test_set" / "Adobe-licensed images" / "alpha" / "cat.png", alpha)
    save(tmp_path / "Test_set" / "trimaps" / "cat_3.png", trimap)
    save(tmp_path / "mattes" / "cat_3.png", alpha)
    found = invoke("eval", tmp_path / "mattes", "--data-dir", tmp_path)
    assert found.exit_code == 0, found.output
    assert "published for Composition-1k (of 1000 images: not comparable with 1)" in found.stdout
    row = next(line for line in found.stdout.splitlines() if line.startswith("IndexNet Matting  "))
    assert row.split()[2:7] == ["45.80", "0.0130", "-", "25.90", "43.70"]


def test_a_folder_named_twice_is_refused(folders):
    found = invoke("eval", folders[1], folders[1], "--data-dir", folders[0])
    assert found.exit_code == 2
    assert "named twice" in found.stderr


def test_aim_flavour_has_whole_and_transition(folders):
    found = invoke("eval", folders[1], "--data-dir", folders[0], "--flavour", "aim", "--json")
    means = json.loads(found.stdout)["sources"][0]["means"]
    assert list(means) == ["whole", "unknown"]
    assert means["unknown"]["grad"] is None


def test_model_predicts_and_scores(folders):
    found = invoke("eval", "--model", "indexnet.open", "--data-dir", folders[0], "--json")
    assert found.exit_code == 0, found.output
    source = json.loads(found.stdout)["sources"][0]
    assert (source["label"], source["scored"]) == ("indexnet.open", 2)
    assert 0 < source["means"]["unknown"]["mad"] < 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to score"),
        (["mattes"], "ground truth is not named"),
        (["mattes", "--alpha", "set/alpha"], "no trimaps"),
        (["--model", "indexnet.open", "--alpha", "set/alpha", "--trimap", "set/trimap"], "images"),
    ],
)
def test_wrong_usage(folders, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    found = invoke("eval", *arguments)
    assert found.exit_code == 2, found.output
    assert said in found.stderr


def test_report_is_one_file(folders, tmp_path):
    report = tmp_path / "report.html"
    (folders[0] / "image" / "a.png").write_bytes(b"no picture")
    found = invoke("eval", folders[1], "--data-dir", folders[0], "--report", report)
    assert found.exit_code == 0, found.output
    assert "a.png is not a picture" in found.stderr
    page = report.read_text()
    assert "mattes on set" in page
    assert page.count("data:image/webp") > 8
    again = invoke("eval", folders[1], "--data-dir", folders[0], "--report", report)
    assert (again.exit_code, again.stdout) == (2, "")


def test_whole_region_needs_no_trimap(folders):
    found = invoke(
        "eval", folders[1], "--alpha", folders[0] / "alpha", "--region", "whole", "--json"
    )
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["sources"][0]["scored"] == 2
