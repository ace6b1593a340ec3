from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from indexnet_cli.errors import DeviceError
from indexnet_cli.imaging.reading import read_samples
from indexnet_cli.models.dim import DeepImageMatting
from tests.cli.running import invoke, run, save_pair
from tests.imaging.pictures import deep_png, noise
from tests.imaging.test_grabcut import box_of, scene


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return save_pair(tmp_path)


def test_the_matte_goes_beside_the_image(pair: tuple[Path, Path], weights_file: Path) -> None:
    image, trimap = pair
    result = run("matte", image, trimap, "--weights", weights_file, "--device", "cpu", text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr == "unknown 60.0 %, 7 grey values snapped\n"
    alpha = np.asarray(Image.open(image.with_name("photo_alpha.png")))
    levels = np.asarray(Image.open(trimap))
    assert alpha.dtype == np.uint8
    assert (alpha[levels == 0] == 0).all()
    assert (alpha[levels == 255] == 255).all()
    assert len(np.unique(alpha[levels == 128])) > 2


def test_json_says_what_was_used(pair: tuple[Path, Path], weights_file: Path) -> None:
    out = pair[0].parent / "m.png"
    result = invoke("matte", *pair, "--weights", weights_file, "-o", out, "--json", "--bits", 16)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["output"] == str(out)
    assert told["trimap"]["snapped"] == 7
    assert told["trimap"]["unknown_share"] == pytest.approx(0.6)
    assert told["checkpoint"]["source"] == "file"
    assert told["model"] == "indexnet.open"
    assert (told["precision"], told["align"], told["tiles"]) == ("fp32", "pad", 1)
    assert Image.open(out).mode == "I;16"


def test_the_mean_of_views(pair: tuple[Path, Path], weights_file: Path) -> None:
    found, told = {}, {}
    for views in (1, 2):
        out = pair[0].parent / f"{views}.png"
        arguments = (*pair, "--weights", weights_file, "-o", out, "--bits", 16, "--views", views)
        result = invoke("matte", *arguments, "--json", "-v")
        assert result.exit_code == 0, result.output
        told[views] = json.loads(result.stdout)
        found[views] = np.asarray(Image.open(out)).astype(int)
    assert [told[views]["views"] for views in (1, 2)] == [1, 2]
    assert "views 2," in result.stderr
    assert np.abs(found[1] - found[2]).max() > 1


def test_the_fit_to_colours(pair: tuple[Path, Path], weights_file: Path) -> None:
    found = {}
    for option in ("--fit-colours", "--no-fit-colours", None):
        out = pair[0].parent / f"fit{option}.png"
        arguments = (*pair, "--weights", weights_file, "-o", out, "--bits", 16, "--json", "-v")
        result = invoke("matte", *arguments, *filter(None, [option]))
        assert result.exit_code == 0, result.output
        fitted = option == "--fit-colours"
        assert json.loads(result.stdout)["fit_colours"] is fitted
        assert ("fitted to colours" in result.stderr) is fitted
        found[option] = np.asarray(Image.open(out)).astype(int)
    np.testing.assert_array_equal(found[None], found["--no-fit-colours"])
    assert np.abs(found["--fit-colours"] - found[None]).max() > 1


def test_smaller_sizes(pair: tuple[Path, Path], weights_file: Path) -> None:
    folder = pair[0].parent
    photo, trimap = folder / "wide.png", folder / "wide_trimap.png"
    noise = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(photo)
    Image.fromarray(np.full((160, 200), 128, np.uint8)).save(trimap)
    found = {}
    for count in (None, 1, 2):
        out = folder / f"scales{count}.png"
        option = () if count is None else ("--scales", count)
        arguments = (photo, trimap, "--weights", weights_file, "-o", out, "--bits", 16, *option)
        result = invoke("matte", *arguments, "--json", "-v")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["scales"] == (count or 1)
        assert ("scales 2," in result.stderr) is (count == 2)
        found[count] = np.asarray(Image.open(out)).astype(int)
    np.testing.assert_array_equal(found[None], found[1])
    assert np.abs(found[2] - found[1]).max() > 1


def test_twice_the_size(pair: tuple[Path, Path], weights_file: Path) -> None:
    found = {}
    for option in (None, "--no-enlarge", "--enlarge"):
        out = pair[0].parent / f"{option}.png"
        arguments = (*pair, "--weights", weights_file, "-o", out, "--bits", 16)
        result = invoke("matte", *arguments, *([option] if option else []), "--json", "-v")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["enlarged"] is (option == "--enlarge")
        assert ("enlarged," in result.stderr) is (option == "--enlarge")
        found[option] = np.asarray(Image.open(out)).astype(int)
    np.testing.assert_array_equal(found[None], found["--no-enlarge"])
    assert np.abs(found["--enlarge"] - found[None]).max() > 1


@pytest.mark.parametrize("command", ["matte", "batch"])
def test_other_numbers_of_sizes_are_refused(pair: tuple[Path, Path], command: str) -> None:
    result = invoke(command, *pair, "-o", pair[0].parent / "out", "--scales", 4)
    assert result.exit_code == 2
    assert not (pair[0].parent / "out").exists()


@pytest.mark.parametrize("command", ["matte", "batch"])
def test_other_numbers_of_views_are_refused(pair: tuple[Path, Path], command: str) -> None:
    result = invoke(command, *pair, "-o", pair[0].parent / "out", "--views", 3)
    assert result.exit_code == 2
    assert "3 views: there are 1, 2, 4 or 8." in result.output
    assert not (pair[0].parent / "out").exists()


def test_standard_input_and_output(pair: tuple[Path, Path], weights_file: Path) -> None:
    arguments = ("matte", "-", pair[1], "--weights", weights_file)
    result = run(*arguments, input=pair[0].read_bytes())
    assert result.returncode == 0, result.stderr
    assert Image.open(io.BytesIO(result.stdout)).size == (48, 40)
    arguments = ("matte", pair[0], "-", "-o", "-", "-q", "--weights", weights_file)
    again = run(*arguments, input=pair[1].read_bytes())
    assert again.stdout == result.stdout
    assert again.stderr == b""


def test_only_one_input_from_standard_input() -> None:
    assert_fails(invoke("matte", "-", "-"), 2, "standard input")


@pytest.mark.parametrize("align", ["pad", "resize"])
def test_alignments(pair: tuple[Path, Path], weights_file: Path, align: str) -> None:
    result = invoke("matte", *pair, "--weights", weights_file, "--align", align, "-v")
    assert result.exit_code == 0, result.output
    assert f"align {align}" in result.stderr
    assert "seeded.safetensors" in result.stderr


@pytest.mark.parametrize(
    ("level", "said"), [(0, "no unknown pixel"), (255, "no unknown pixel"), (128, "no known pixel")]
)
def test_one_sided_trimaps_warn(
    pair: tuple[Path, Path], weights_file: Path, level: int, said: str
) -> None:
    image, trimap = pair
    Image.new("L", (48, 40), level).save(trimap)
    result = invoke("matte", image, trimap, "--weights", weights_file)
    assert result.exit_code == 0
    assert said in result.stderr
    if level != 128:
        assert set(np.asarray(Image.open(image.with_name("photo_alpha.png"))).flat) == {level}


def assert_fails(result: object, code: int, *said: str) -> None:
    assert result.exit_code == code, result.output  # type: ignore[attr-defined]
    errors: str = result.stderr  # type: ignore[attr-defined]
    for words in said:
        assert words in errors
    assert "Traceback" not in errors
    assert result.stdout == ""  # type: ignore[attr-defined]


def test_without_a_trimap(pair: tuple[Path, Path]) -> None:
    assert_fails(invoke("matte", pair[0]), 2, "trimap", "indexnet matte IMAGE TRIMAP")


def test_different_sizes(pair: tuple[Path, Path]) -> None:
    Image.new("L", (40, 48), 128).save(pair[1])
    assert_fails(invoke("matte", *pair), 3, "48 x 40", "40 x 48", "photo.jpg", "trimap.png")


def test_an_existing_output(pair: tuple[Path, Path], weights_file: Path) -> None:
    out = pair[0].parent / "out.png"
    out.write_bytes(b"precious")
    # before any work: the trimap is not even looked at
    assert_fails(invoke("matte", pair[0], "none.png", "-o", out), 2, "out.png", "--overwrite")
    assert out.read_bytes() == b"precious"
    result = invoke("matte", *pair, "--weights", weights_file, "-o", out, "--overwrite", "-q")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert Image.open(out).size == (48, 40)


def test_a_folder_takes_the_default_name(pair: tuple[Path, Path], weights_file: Path) -> None:
    folder = pair[0].parent / "mattes"
    folder.mkdir()
    assert invoke("matte", *pair, "--weights", weights_file, "-o", folder).exit_code == 0
    assert (folder / "photo_alpha.png").is_file()


def test_an_input_is_not_replaced(pair: tuple[Path, Path]) -> None:
    result = invoke("matte", *pair, "-o", pair[1], "--overwrite")
    assert_fails(result, 2, "trimap.png", "input")


@pytest.mark.parametrize("place", ["image", "trimap"])
def test_inputs_that_cannot_be_read(pair: tuple[Path, Path], place: str) -> None:
    folder = pair[0].parent
    (folder / "text.png").write_text("not a picture")
    (folder / "cut.jpg").write_bytes(pair[0].read_bytes()[:600])
    for name in ("none.png", "text.png", "cut.jpg", "."):
        files = {"image": pair[0], "trimap": pair[1], place: folder / name}
        result = invoke("matte", files["image"], files["trimap"], "-o", folder / "o.png")
        assert_fails(result, 3, str(folder / name))


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_folder_is_not_a_picture(pair: tuple[Path, Path], folder: str) -> None:
    assert_fails(invoke("matte", folder, pair[1]), 3, "folder")


def test_outputs_that_cannot_be_written(pair: tuple[Path, Path]) -> None:
    assert_fails(invoke("matte", *pair, "-o", pair[0].parent / "no" / "a.png"), 3, "no")
    assert_fails(invoke("matte", *pair, "-o", pair[0].parent / "a.xyz"), 2, ".xyz")
    assert_fails(invoke("matte", *pair, "-o", "a.jpg", "--bits", 16), 2, "16")
    assert_fails(invoke("matte", *pair, "--bits", 12), 2, "12")


def test_too_many_pixels(pair: tuple[Path, Path]) -> None:
    assert_fails(invoke("matte", *pair, "--max-pixels", 1000), 3, "48 x 40", "--max-pixels")


def test_checkpoints_that_are_not_there(pair: tuple[Path, Path]) -> None:
    assert_fails(invoke("matte", *pair, "--weights", "none.pth"), 4, "none.pth")
    result = invoke("matte", *pair, "--model", "indexnet.official")
    assert_fails(result, 4, "non-commercial", "https://", "weights add indexnet.official FILE")
    assert_fails(invoke("matte", *pair, "--model", "magic"), 2, "magic", "indexnet.open")


def test_a_checkpoint_that_does_not_fit(pair: tuple[Path, Path], tmp_path: Path) -> None:
    torch.save({"state_dict": {"module.fc.weight": torch.zeros(2)}}, tmp_path / "other.pth")
    arguments = ("matte", *pair, "--weights", tmp_path / "other.pth")
    assert_fails(invoke(*arguments), 4, "other.pth belongs to no known model", "fc.weight")
    result = invoke(*arguments, "--model", "indexnet")
    assert_fails(result, 4, "other.pth", "missing: layer0.0.weight", "unknown: fc.weight")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there(pair: tuple[Path, Path], weights_file: Path) -> None:
    result = invoke("matte", *pair, "--weights", weights_file, "--device", "cuda")
    assert_fails(result, 5, "--device cuda", "--device cpu")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (MemoryError(), 5),
        (torch.OutOfMemoryError("CUDA"), 5),
        (DeviceError("out of memory", "hint"), 5),
    ],
)
def test_exit_codes(
    pair: tuple[Path, Path],
    weights_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr("indexnet_cli.engine.matter.Matter.matte", fail)
    assert_fails(invoke("matte", *pair, "--weights", weights_file), code)
    assert [path.name for path in pair[0].parent.glob("*alpha*")] == []


def test_weights_that_two_networks_may_own_need_a_model(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in DeepImageMatting().state_dict().items()}
    weights = tmp_path / "mine.safetensors"
    save_file({key: torch.zeros(shape).half() for key, shape in shapes.items()}, weights)
    arguments = ("matte", *pair, "--weights", weights, "--device", "cpu")
    assert_fails(invoke(*arguments), 2, "dim.stage1-skip", "dim.stage0, dim.stage1:", "--model")
    result = invoke(*arguments, "--model", "dim.stage1", "--align", "crop", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["model"], told["align"]) == ("dim.stage1", "crop")
    alpha = np.asarray(Image.open(told["output"]))
    assert set(np.unique(alpha)) == {0, 127, 255}  # sigmoid of nothing, truncated


def test_verbose_adds_the_traceback(pair: tuple[Path, Path]) -> None:
    result = invoke("matte", *pair, "--weights", "none.pth", "-v")
    assert result.exit_code == 4
    assert "Traceback" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
def test_names_beyond_ascii(tmp_path: Path, weights_file: Path) -> None:
    folder = tmp_path / "größe 写真"
    folder.mkdir()
    pair = save_pair(folder)
    assert invoke("matte", *pair, "--weights", weights_file).exit_code == 0
    assert (folder / "photo_alpha.png").is_file()


def test_a_mask_instead_of_a_trimap(pair: tuple[Path, Path], weights_file: Path) -> None:
    image, _ = pair
    levels = np.zeros((40, 48), np.uint8)
    levels[10:30, 10:40] = 250  # as masks come: not quite white
    mask = image.with_name("mask.png")
    Image.fromarray(levels).save(mask)
    arguments = ("--mask", mask, "--erode", 2, "--dilate", 4, "--save", "alpha,trimap")
    result = invoke("matte", image, *arguments, "--weights", weights_file, "--json")
    assert result.exit_code == 0, result.output
    trimap = np.asarray(Image.open(image.with_name("photo_trimap.png")))
    assert trimap[20].tolist() == [0] * 6 + [128] * 6 + [255] * 26 + [128] * 6 + [0] * 4
    alpha = np.asarray(Image.open(image.with_name("photo_alpha.png")))
    assert (alpha[trimap == 255] == 255).all()
    told = json.loads(result.stdout)
    assert told["trimap"]["kind"] == "mask"
    assert set(told["outputs"]) == {"alpha", "trimap"}


def test_a_box_instead_of_a_trimap(tmp_path: Path, weights_file: Path) -> None:
    colours, truth = scene(2)
    Image.fromarray(colours).save(tmp_path / "photo.png")
    box = ",".join(map(str, box_of(truth, 4)))
    result = invoke("matte", tmp_path / "photo.png", "--box", box, "--weights", weights_file)
    assert result.exit_code == 0, result.output
    alpha = np.asarray(Image.open(tmp_path / "photo_alpha.png"))
    assert (alpha[truth] == 255).mean() > 0.7
    assert (alpha[~truth] == 0).mean() > 0.7


def test_every_product(pair: tuple[Path, Path], weights_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    kinds = "alpha,trimap,cutout,foreground,composite,preview"
    arguments = ("--save", kinds, "--background", "#00ff00", "-o", folder, "--format", "tif")
    result = invoke("matte", *pair, *arguments, "--weights", weights_file)
    assert result.exit_code == 0, result.output
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "photo_alpha.tif", "photo_trimap.png", "photo_cutout.tif", "photo_foreground.tif",
        "photo_composite.tif", "photo_preview.jpg",
    }  # fmt: skip
    alpha = np.asarray(Image.open(folder / "photo_alpha.tif"))
    cut = np.asarray(Image.open(folder / "photo_cutout.tif"))
    np.testing.assert_array_equal(cut[..., 3], alpha)
    mixed = np.asarray(Image.open(folder / "photo_composite.tif"))
    assert (mixed[alpha == 0] == [0, 255, 0]).all()
    image = np.asarray(Image.open(pair[0]))
    np.testing.assert_array_equal(mixed[alpha == 255], image[alpha == 255])
    with Image.open(folder / "photo_preview.jpg") as strip:
        assert strip.width > 4 * 48


def test_a_folder_with_a_slash_is_made(pair: tuple[Path, Path]) -> None:
    trimap = np.asarray(Image.open(pair[1]))
    Image.fromarray(np.where(trimap == 255, 255, 0).astype(np.uint8)).save(pair[1])
    folder = pair[0].parent / "results" / "first"
    assert_fails(invoke("matte", *pair, "--save", "alpha,preview", "-o", folder), 2, "results")
    assert not folder.exists()
    made = invoke("matte", *pair, "--save", "alpha,preview", "-o", f"{folder}{os.sep}")
    assert made.exit_code == 0, made.output
    assert sorted(file.name for file in folder.iterdir()) == [
        "photo_alpha.png",
        "photo_preview.jpg",
    ]
    alone = invoke("matte", *pair, "-o", f"{folder.parent}{os.sep}")
    assert alone.exit_code == 0, alone.output
    assert (folder.parent / "photo_alpha.png").is_file()
    assert_fails(invoke("matte", *pair, "-o", f"{pair[1]}{os.sep}"), 3, "cannot be made")


def test_one_product_takes_the_name_it_is_given(
    pair: tuple[Path, Path], weights_file: Path, tmp_path: Path
) -> None:
    arguments = ("--save", "cutout", "-o", tmp_path / "cat.webp", "--weights", weights_file)
    assert invoke("matte", *pair, *arguments).exit_code == 0
    assert Image.open(tmp_path / "cat.webp").mode == "RGBA"
    result = invoke("matte", *pair, "--save", "alpha,cutout", "-o", tmp_path / "no.png")
    assert_fails(result, 2, "several files")


def test_16_bits_in_16_bits_out(pair: tuple[Path, Path], weights_file: Path) -> None:
    deep = noise(40, 48, 3, dtype=np.uint16)
    image = pair[0].with_name("deep.png")
    image.write_bytes(deep_png(deep))
    arguments = ("--save", "alpha,cutout", "--weights", weights_file)
    assert invoke("matte", image, pair[1], *arguments).exit_code == 0
    assert Image.open(pair[0].with_name("deep_alpha.png")).mode == "I;16"
    cut = read_samples(pair[0].with_name("deep_cutout.png")).values
    assert cut.dtype == np.uint16
    np.testing.assert_array_equal(cut[cut[..., 3] == 65535][:, :3], deep[cut[..., 3] == 65535])
    eight = invoke("matte", image, pair[1], *arguments, "--bits", 8, "--overwrite")
    assert eight.exit_code == 0
    assert Image.open(pair[0].with_name("deep_alpha.png")).mode == "L"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trimap.png", "--mask", "mask.png"), "exclude"),
        (("trimap.png", "--save", "magic"), "magic"),
        (("trimap.png", "--save", "composite"), "--background"),
        (("--box", "1,2,3,0"), "box"),
    ],
)
def test_options_that_cannot_be_meant(
    pair: tuple[Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    assert_fails(invoke("matte", pair[0], *arguments), 2, said)
