from __future__ import annotations

import json

import pytest

from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.layouts import foreground_name, read_truth, recognise
from indexnet_cli.evaluation.predictions import pair_folder
from tests.evaluation.sets import blob, save


def put(root, *names):
    for name in names:
        save(root / name, blob(0)[1])


def test_composition_names(tmp_path):
    root = tmp_path / "Test_set"
    put(root, "alpha/cat-12.png", "alpha/dog.png", "trimaps/cat-12_0.png", "trimaps/cat-12_19.png")
    put(root, "trimaps/dog_3.png", "merged/dog_3.png")
    truth = read_truth(recognise(tmp_path))
    assert truth.layout == "Composition-1k"
    assert [(e.name, e.alpha.name) for e in truth.entries] == [
        ("cat-12_0", "cat-12.png"),
        ("cat-12_19", "cat-12.png"),
        ("dog_3", "dog.png"),
    ]
    assert truth.entries[2].image is not None
    assert not truth.problems


def test_alpha_of_the_full_name_comes_first(tmp_path):
    put(tmp_path, "alpha/a_1.png", "alpha/a.png", "trimap/a_1.png", "trimap/a.png")
    truth = read_truth(recognise(tmp_path))
    assert truth.layout == "plain"
    assert [entry.alpha.stem for entry in truth.entries] == ["a", "a_1"]


def test_alphamatting(tmp_path):
    put(tmp_path, "gt_training_lowres/GT01.png", "input_training_lowres/GT01.png")
    put(tmp_path, "trimap_training_lowres/Trimap1/GT01.png", "trimap_training_lowres/Trimap2/x.png")
    truth = read_truth(recognise(tmp_path))
    assert truth.layout == "alphamatting.com"
    assert truth.entries[0].trimap.parent.name == "Trimap1"


def test_aim_500_has_types_and_categories(tmp_path):
    put(tmp_path, "original/o_1.png", "mask/o_1.png", "trimap/o_1.png")
    about = {"o_1.jpg": {"type": "STM", "category": "plant"}}
    (tmp_path / "aim_category_type.json").write_text(json.dumps(about))
    truth = read_truth(recognise(tmp_path))
    assert (truth.layout, truth.entries[0].kind, truth.entries[0].category) == (
        "AIM-500",
        "STM",
        "plant",
    )
    put(tmp_path, "results/STM/o_1.png")
    assert set(pair_folder(tmp_path / "results", truth).paths) == {"o_1"}


def test_unpaired_truth_is_a_problem(tmp_path):
    put(tmp_path, "alpha/a.png", "alpha/b.png", "trimap/a.png", "trimap/c.png")
    truth = read_truth(recognise(tmp_path))
    assert [entry.name for entry in truth.entries] == ["a"]
    assert {problem.file.rsplit("/", 1)[-1] for problem in truth.problems} == {"b.png", "c.png"}


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_no_layout(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        recognise(tmp_path / folder)


def test_broken_categories_are_told(tmp_path):
    put(tmp_path, "original/a.png", "mask/a.png", "trimap/a.png")
    (tmp_path / "aim_category_type.json").write_text("[1, 2]")
    with pytest.raises(InputError, match="types and categories"):
        read_truth(recognise(tmp_path))


def test_mattes_are_found_by_stem_or_ending(tmp_path):
    put(tmp_path, "alpha/a.png", "alpha/b.png", "alpha/c.png")
    put(tmp_path, "m/a_alpha.png", "m/b.tif", "m/b_pred.png", "m/z.png")
    truth = read_truth(recognise(tmp_path))
    found = pair_folder(tmp_path / "m", truth)
    assert {name: path.name for name, path in found.paths.items()} == {
        "a": "a_alpha.png",
        "b": "b.tif",
    }
    assert {(problem.kind, problem.file.rsplit("/", 1)[-1]) for problem in found.problems} == {
        ("ambiguous", "b_pred.png"),
        ("extra", "z.png"),
        ("missing", "c"),
    }


def test_no_pair_at_all(tmp_path):
    put(tmp_path, "alpha/a.png", "m/q.png")
    with pytest.raises(InputError, match="no matte has the name"):
        pair_folder(tmp_path / "m", read_truth(recognise(tmp_path)))


def test_foreground_names():
    assert foreground_name("face_2_11") == "face_2"
    assert foreground_name("face") == "face"
