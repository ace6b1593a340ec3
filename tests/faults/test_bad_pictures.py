"""Broken and odd pictures: told in two lines, and the rest of a batch goes on."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.reading import read_alpha, read_trimap
from tests.cli.running import invoke, save_pair
from tests.faults import bad_pictures
from tests.faults.running import Ran, assert_told, contents, run, run_warm

REFUSED = {**bad_pictures.refused(), **bad_pictures.truncated()}
ACCEPTED = bad_pictures.accepted()


def told(*arguments: str | Path) -> Ran:
    result = invoke(*arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ran(result.exit_code, result.stdout_bytes, result.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pictures, and for those that can be matted trimaps with few unknown pixels."""
    root = tmp_path_factory.mktemp("bad")
    for name in ("images", "trimaps", "scratch"):
        (root / name).mkdir()
    for name, data in {**REFUSED, **ACCEPTED}.items():
        (root / "images" / name).write_bytes(data)
        height, width = bad_pictures.size(data) if name in ACCEPTED else (20, 24)
        trimap = np.full((height, width), 255, np.uint8)
        trimap[:4, :4] = 128
        # Two pictures may have one stem: the trimap goes by the whole name.
        Image.fromarray(trimap).save(root / "trimaps" / f"{name}.png")
    lines = [f"images/{name},trimaps/{name}.png,{name}-alpha" for name in {**REFUSED, **ACCEPTED}]
    (root / "list.csv").write_text("\n".join(lines) + "\n")
    return root


def test_a_batch_of_them(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    ran = run_warm(tmp_path / "said", "batch", folder / "list.csv", "-o", tmp_path / "out")
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    failed = [line for line in ran.err.splitlines() if line.startswith("error:")]
    assert {name for name in REFUSED if any(f"images/{name} " in line for line in failed)} == {
        *REFUSED
    }
    assert len(failed) == len(REFUSED)
    assert "Warning" not in ran.err
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {
        *(f"{name}-alpha.png" for name in ACCEPTED),
        "indexnet-batch.jsonl",
        "failures.csv",
    }
    assert contents(folder) == before


@pytest.mark.parametrize("name", bad_pictures.refused())
def test_as_image_trimap_alpha_and_mask(folder: Path, tmp_path: Path, name: str) -> None:
    """Every command that reads pictures tells the same, leaves nothing, and touches nothing."""
    bad = folder / "images" / name
    image, trimap = save_pair(tmp_path)
    before = contents(tmp_path)
    out = tmp_path / "out.png"
    for arguments in (
        ("matte", bad, trimap, "-o", out),
        ("matte", image, bad, "-o", out),
        ("matte", image, "--mask", bad, "-o", out),
        ("trimap", bad, "-o", out),
        ("composite", image, bad, "--background", "red", "-o", out),
        ("composite", image, trimap, "--background", bad, "-o", out),
    ):
        assert_told(told(*arguments), 3, name)
        assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["empty.png", "bomb.png", "cut07-jpg.jpg"])
def test_in_a_process_of_its_own(folder: Path, tmp_path: Path, name: str) -> None:
    _, trimap = save_pair(tmp_path)
    before = contents(tmp_path)
    bad = folder / "images" / name
    assert_told(run("matte", bad, trimap, "-o", tmp_path / "out.png"), 3, name)
    assert contents(tmp_path) == before


def test_trimaps_that_do_not_fit(tmp_path: Path) -> None:
    image, _ = save_pair(tmp_path, 24, 30)
    Image.fromarray(np.full((24, 30), 128, np.uint8)).save(tmp_path / "turned.png")
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(tmp_path / "one.png")
    before = contents(tmp_path)
    for name in ("turned.png", "one.png"):
        ran = told("matte", image, tmp_path / name, "-o", tmp_path / "out.png")
        assert_told(ran, 3, name, "24 x 30", "trimap of the image's size")
    ran = told("composite", image, tmp_path / "one.png", "--background", "red", "-o", "out.png")
    assert_told(ran, 3, "one.png")
    assert contents(tmp_path) == before
    # Wholly known, and known nowhere: odd, but what it means is clear.
    known = np.full((30, 24), 255, np.uint8)
    known[:10] = 0
    Image.fromarray(known).save(tmp_path / "known.png")
    result = told("matte", image, tmp_path / "known.png", "-o", tmp_path / "known-alpha.png")
    assert result.code == 0
    assert "no unknown pixel" in result.err
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "known-alpha.png")), known)


def test_folders_of_them(folder: Path, tmp_path: Path) -> None:
    """The other commands that take folders name every bad picture, and do the rest."""
    root = tmp_path / "set"
    alphas = root / "alpha"
    alphas.mkdir(parents=True)
    for name, data in REFUSED.items():
        (alphas / f"{name.replace('.', '-')}.png").write_bytes(data)
    for part in ("pred", "trimap"):
        shutil.copytree(alphas, root / part)
    for part in ("alpha", "pred", "trimap"):
        Image.fromarray(np.full((20, 24), 128, np.uint8)).save(root / part / "good.png")
    before, bad = contents(root), {path.stem for path in alphas.iterdir()} - {"good"}
    composing = ("composite", root / "trimap", alphas, "--background", "red")
    for arguments in (("trimap", alphas), composing):
        out = tmp_path / f"{arguments[0]}-out"
        ran = told(*arguments, "-o", out)
        assert ran.code == 1, ran
        lines = [line for line in ran.err.splitlines() if line.startswith("error:")]
        assert {name for name in bad if any(f"{name}.png" in line for line in lines)} == bad
        assert len(contents(out)) == 1
    scoring = ("eval", root / "pred", "--alpha", alphas, "--trimap", root / "trimap")
    ran = told(*scoring, "--json")
    assert ran.code == 1, ran.err
    document = json.loads(ran.out)
    assert {Path(problem["file"]).stem for problem in document["problems"]} >= bad
    assert [image["name"] for image in document["sources"][0]["images"]] == ["good"]
    assert contents(root) == before


@pytest.mark.parametrize("name", bad_pictures.truncated())
def test_cut_off_trimaps_and_alphas(folder: Path, tmp_path: Path, name: str) -> None:
    for read in (read_trimap, read_alpha):
        with pytest.raises(InputError, match=re.escape(name)):
            read(folder / "images" / name)
