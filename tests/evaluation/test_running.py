from __future__ import annotations

import csv
import io
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.evaluation.comparison import bootstrap_interval, compare
from indexnet_cli.evaluation.documents import to_csv, to_document
from indexnet_cli.evaluation.layouts import read_truth, recognise
from indexnet_cli.evaluation.loading import read_exact_trimap, read_matte
from indexnet_cli.evaluation.predictions import ModelPredictions, pair_folder
from indexnet_cli.evaluation.results import ImageResult, Rules, group_means, mean_scores
from indexnet_cli.evaluation.running import evaluate
from indexnet_cli.metrics import Scores, score
from tests.evaluation.sets import blob, plain_set, save, wrong


@pytest.fixture
def evaluated(tmp_path):
    folder, mattes = plain_set(tmp_path, {"a": 0.5, "b": 2.0, "c": 0.1})
    for seed, name in enumerate("abc"):
        _, trimap, alpha = blob(seed)
        save(tmp_path / "better" / f"{name}.png", wrong(alpha, trimap, 0.05, seed))
    truth = read_truth(recognise(folder))
    sources = [pair_folder(mattes, truth), pair_folder(tmp_path / "better", truth)]
    return evaluate(truth, sources, Rules(regions=("unknown", "whole")), workers=2)


def test_scores_are_those_of_the_arrays(evaluated):
    first = evaluated.sources[0]
    assert [image.name for image in first.images] == ["a", "b", "c"]
    _, trimap, alpha = blob(1)
    pred = wrong(alpha, trimap, 2.0, 1)
    assert first.images[1].scores == {
        region: score(pred, alpha, trimap, region=region) for region in ("unknown", "whole")
    }
    assert first.images[1].unknown_share == np.mean(trimap == 128)
    assert first.worst_first("unknown")[0].name == "b"
    mean = np.mean([image.scores["unknown"].sad for image in first.images])
    assert mean_scores(first.images, "unknown").sad == pytest.approx(mean)


def test_comparison_is_paired(evaluated):
    found = [d for d in compare(evaluated) if (d.region, d.metric) == ("unknown", "sad")]
    first, other = ([i.scores["unknown"].sad for i in s.images] for s in evaluated.sources)
    assert found[0].mean == pytest.approx(np.mean(other) - np.mean(first))
    assert found[0].low <= found[0].mean <= found[0].high < 0
    assert found[0].better == 3


def test_documents(evaluated):
    document = json.loads(json.dumps(to_document(evaluated), allow_nan=False))
    assert document["units"]["sad"] == "thousands"
    assert document["sources"][0]["images"][0]["name"] == "b"
    rows = list(csv.DictReader(io.StringIO(to_csv(evaluated))))
    assert len(rows) == 2 * 3 * 2
    assert float(rows[0]["sad_thousands"]) == evaluated.sources[0].images[0].scores["unknown"].sad


def test_unscorable_files_are_problems(tmp_path):
    folder, mattes = plain_set(tmp_path, dict.fromkeys("abcd", 0.5))
    save(mattes / "b.png", np.zeros((5, 7), np.uint8))
    (mattes / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (mattes / "d.png").unlink()
    truth = read_truth(recognise(folder))
    found = evaluate(truth, [pair_folder(mattes, truth)], Rules())
    assert [image.name for image in found.sources[0].images] == ["a"]
    assert {(problem.kind, problem.file) for problem in found.problems} == {
        ("mismatched", "b"),
        ("unreadable", "c"),
        ("missing", "d"),
    }


@pytest.mark.parametrize("needs_trimap", [True, False])
def test_a_model_gets_the_trimap_if_it_needs_one(tmp_path, needs_trimap):
    class Asked:
        spec = SimpleNamespace(needs_trimap=needs_trimap)

        def matte(self, image, trimap=None):
            assert (trimap is not None) == needs_trimap
            return np.full(image.shape[:2], 0.5, np.float32)

    folder, _ = plain_set(tmp_path, {"a": 0.5})
    truth = read_truth(recognise(folder))
    found = evaluate(truth, [ModelPredictions("asked", Asked())], Rules())
    _, trimap, alpha = blob(0)
    wanted = score(np.full(alpha.shape, 0.5), alpha, trimap)
    assert found.sources[0].images[0].scores["unknown"] == wanted


def test_paste_puts_known_pixels_in(tmp_path):
    folder, mattes = plain_set(tmp_path, {"a": 0.5})
    _, trimap, alpha = blob(0)
    save(mattes / "a.png", np.full_like(alpha, 100))
    truth = read_truth(recognise(folder))
    plain, pasted = (
        evaluate(truth, [pair_folder(mattes, truth)], Rules("openmmlab", paste=paste))
        for paste in (False, True)
    )
    assert [problem.kind for problem in plain.problems] == ["refused"]
    pred = np.where(trimap == 128, 100, trimap).astype(np.uint8)
    assert pasted.sources[0].images[0].scores["unknown"] == score(
        pred, alpha, trimap, flavour="openmmlab"
    )


def test_group_means_are_averaged_as_published():
    def image(kind, sad):
        return ImageResult(str(sad), 1, 1, 1.0, {"whole": Scores(sad, 0, 0, 0, 0)}, kind=kind)

    found = group_means([image("SO", 1.0), image("SO", 3.0), image("NS", 10.0)], "kind", "whole")
    assert [(group.name, group.images, group.sad) for group in found] == [
        ("NS", 1, 10.0),
        ("SO", 2, 2.0),
        ("Avg.", 3, 6.0),
    ]


def test_means_leave_out_what_is_not_defined():
    images = [
        ImageResult(str(mse), 1, 1, 0.0, {"unknown": Scores(0, mse, 0, 0, 0)})
        for mse in (0.5, math.nan)
    ]
    assert mean_scores(images, "unknown").mse == 0.5


def test_bootstrap_interval_of_normal_values():
    values = np.random.default_rng(3).normal(2.0, 1.0, 400)
    low, high = bootstrap_interval(values)
    assert (low, high) == pytest.approx(
        (values.mean() - 1.96 * 0.05, values.mean() + 1.96 * 0.05), abs=0.02
    )


def test_trimaps_count_as_they_are_unless_nothing_is_128(tmp_path):
    levels = np.array([[0, 64, 128, 200, 255]], np.uint8)
    found, warnings = read_exact_trimap(save(tmp_path / "odd.png", levels))
    assert (found == levels).all()
    assert "2 pixels of other greys" in warnings[0]
    levels[0, 2] = 127
    found, warnings = read_exact_trimap(save(tmp_path / "near.png", levels))
    assert found.tolist() == [[0, 128, 128, 128, 255]]
    assert "no grey 128" in warnings[0]


def test_matte_files_keep_their_depth(tmp_path):
    deep = np.array([[0, 1, 65535]], np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(deep).save(path)
    assert (read_matte(path) == deep / 65535).all()
    assert read_matte(save(tmp_path / "flat.png", np.uint8([[7, 153]]))).dtype == np.uint8
