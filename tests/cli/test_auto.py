"""``indexnet matte --auto``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.cli.optional_value import fill_in
from tests.cli.running import invoke
from tests.golden.reading import read_arrays

GOLDEN = read_arrays("aimnet_path.npz")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(GOLDEN["rgb"]).save(path)
    return path


def levels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def assert_fails(result: object, code: int, *said: str) -> None:
    assert result.exit_code == code, result.output  # type: ignore[attr-defined]
    for words in said:
        assert words in result.stderr  # type: ignore[attr-defined]
    assert "Traceback" not in result.stderr  # type: ignore[attr-defined]


def test_published_grey_levels(photo: Path, aimnet_file: Path) -> None:
    arguments = ("--weights", aimnet_file, "--align", "resize", "--strategy", "hybrid-half")
    result = invoke("matte", photo, "--auto", *arguments, "-v")
    assert result.exit_code == 0, result.output
    assert "strategy hybrid-half" in result.stderr
    difference = np.abs(levels(photo.with_name("photo_alpha.png")) - GOLDEN["sk0145_hybrid_half"])
    assert difference.max() <= 1
    assert (difference > 0).mean() <= 5e-4


def test_refined_with_the_trimap_that_was_found(photo: Path, aimnet_file: Path) -> None:
    out = photo.with_name("matte.png")
    arguments = ("--auto", "--refine-with", "indexnet", "--weights", aimnet_file)
    result = invoke("matte", photo, *arguments, "-o", out, "--json", "--save-trimap")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    trimap_file = photo.with_name("photo_trimap.png")
    assert (told["model"], told["strategy"]) == ("aimnet.update", "hybrid-third")
    assert told["checkpoint"]["path"] == str(aimnet_file)
    assert told["trimap"]["file"] == str(trimap_file)
    assert told["trimap"]["found_by"] == "aimnet.update"
    assert told["refined_with"]["model"] == "indexnet.open"
    assert told["refined_with"]["checkpoint"]["source"] == "bundled"
    assert (told["fit_colours"], told["refined_with"]["fit_colours"]) == (False, True)
    assert (told["scales"], told["refined_with"]["scales"]) == (1, 3)
    trimap = levels(trimap_file)
    assert told["trimap"]["unknown_share"] == pytest.approx((trimap == 128).mean())
    assert set(np.unique(trimap)) == {0, 128, 255}
    # The same as in two steps.
    again = photo.with_name("again.png")
    assert invoke("matte", photo, trimap_file, "-o", again).exit_code == 0
    assert np.array_equal(levels(out), levels(again))


def test_trimap_file_and_streams(photo: Path, aimnet_file: Path, tmp_path: Path) -> None:
    trimap_file = tmp_path / "found.png"
    arguments = ("--model", "aimnet", "--weights", aimnet_file, "--save-trimap", trimap_file)
    result = invoke("matte", "-", *arguments, "-q", input=photo.read_bytes())
    assert result.exit_code == 0, result.output
    alpha = np.asarray(Image.open(io.BytesIO(result.stdout_bytes)))
    assert (alpha[levels(trimap_file) == 255] == 255).all()
    assert result.stderr == ""


def test_weights_that_are_not_here(photo: Path) -> None:
    result = invoke("matte", photo, "--auto")
    assert_fails(result, 4, "non-commercial", "weights pull aimnet.update", "--weights FILE")
    assert "paint a trimap" in result.stderr
    assert "INDEXNET_OFFLINE" not in result.stderr  # nothing was to be fetched without consent
    named = invoke("matte", photo, "--model", "aimnet")
    assert_fails(named, 4, "INDEXNET_OFFLINE", "https://drive.google.com/", "weights add")
    assert "paint a trimap" in named.stderr
    assert not photo.with_name("photo_alpha.png").exists()


def test_refining_weights_that_are_not_here(photo: Path, aimnet_file: Path) -> None:
    arguments = ("--refine-with", "indexnet.official", "--weights", aimnet_file)
    assert_fails(invoke("matte", photo, "--auto", *arguments), 4, "indexnet.official")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trimap.png", "--auto"], "Both a trimap and --auto"),
        ([], "--auto"),
        (["trimap.png", "--model", "aimnet"], "takes no trimap"),
        (["--auto", "--model", "indexnet"], "--refine-with indexnet.open"),
        (["--auto", "--refine-with", "aimnet"], "takes no trimap"),
        (["--auto", "--model", "magic"], "no model 'magic'"),
        (["--auto", "--model", "aimnet", "--fit-colours"], "--refine-with indexnet"),
        (["--auto", "--model", "aimnet", "--scales", "2"], "--refine-with indexnet"),
        (["--auto", "--model", "aimnet", "--enlarge"], "--refine-with indexnet"),
        (["trimap.png", "--save-trimap"], "--save-trimap goes with --auto"),
        (["trimap.png", "--refine-with", "indexnet"], "--refine-with goes with --auto"),
        (["trimap.png", "--strategy", "resize"], "--strategy goes with --auto"),
        (["--auto", "--save-trimap", "photo_alpha.png"], "both matte and trimap"),
        (["--auto", "--save-trimap", "photo.png", "--overwrite"], "is an input"),
        (["--auto", "--save-trimap", "there.png"], "--overwrite"),
        (["--auto", "--save-trimap", "trimap.gif"], "suffix"),
    ],
)
def test_what_does_not_go_together(
    photo: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(photo.parent)
    Path("there.png").write_bytes(b"precious")
    assert_fails(invoke("matte", photo.name, *arguments), 2, said)


@pytest.mark.parametrize(("certain", "said"), [(0, "Nothing was found, "), (1, "is a guess")])
def test_pictures_that_say_nothing(
    photo: Path, monkeypatch: pytest.MonkeyPatch, aimnet_file: Path, certain: int, said: str
) -> None:
    from indexnet_cli.engine.trimap_free import Found, TrimapFree

    trimap = np.full((268, 300), 128 * certain, np.uint8)
    found = Found(np.zeros((268, 300), np.float32), trimap)
    monkeypatch.setattr(TrimapFree, "__call__", lambda *_arguments: found)
    result = invoke("matte", photo, "--auto", "--weights", aimnet_file)
    assert result.exit_code == 0, result.output
    assert said in result.stderr


def test_values_left_out() -> None:
    assert fill_in(["a", "--save-trimap"], "--save-trimap") == ["a", "--save-trimap", ""]
    assert fill_in(["--save-trimap", "-q"], "--save-trimap") == ["--save-trimap", "", "-q"]
    assert fill_in(["--save-trimap", "t", "-q"], "--save-trimap") == ["--save-trimap", "t", "-q"]


def test_info_counts_the_network() -> None:
    told = json.loads(invoke("info", "--model", "aimnet", "--json").stdout)["model"]
    assert (told["name"], told["needs a trimap"]) == ("aimnet.update", False)
    assert told["parameters"] == 55_298_191
    assert told["in units of 2^30"] == "13.92 G at 224x224"
