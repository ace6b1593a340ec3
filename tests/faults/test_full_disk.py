"""Outputs that do not fit: told, and nothing half written stays."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import save_pair
from tests.faults.running import assert_told, contents, run_warm
from tests.faults.sets import evaluation, save_mattes
from tests.faults.test_signals import TRAIN, UNPUBLISHED
from tests.imaging.pictures import noise

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux only")
LIMIT = 20_000  # bytes a file
FILE_SIZE = {resource.RLIMIT_FSIZE: LIMIT}


def save_mask(folder: Path, height: int, width: int) -> Path:
    """A mask whose matte, by ``--erode 0``, takes as many bytes as it has pixels."""
    path = folder / "mask.png"
    Image.fromarray(np.where(noise(height, width) > 127, 255, 0).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "in"
    folder.mkdir()
    image, _ = save_pair(folder, 600, 600)
    return image, save_mask(folder, 600, 600)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can make a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_matte_with_a_limit_on_files(tmp_path: Path, pair: tuple[Path, Path], suffix: str) -> None:
    before = contents(tmp_path)
    arguments = ("matte", pair[0], "--mask", pair[1], "--erode", "0", "-o")
    ran = run_warm(tmp_path / "said", *arguments, tmp_path / f"o.{suffix}", limits=FILE_SIZE)
    assert_told(ran, 3, f"o.{suffix} cannot be written", "too large")
    after = contents(tmp_path)
    assert {key: after[key] for key in after if not key.startswith("said")} == before


def test_matte_on_a_full_disk(small_disk: Path, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    old = small_disk / "o.png"
    old.write_bytes(b"the matte of yesterday")
    arguments = ("matte", pair[0], "--mask", pair[1], "--erode", "0", "--overwrite", "-o", old)
    assert_told(
        run_warm(tmp_path / "said", *arguments), 3, "o.png cannot be written", "disk is full"
    )
    assert contents(small_disk) == {"o.png": b"the matte of yesterday"}


def test_batch_on_a_full_disk(small_disk: Path, tmp_path: Path, pair: tuple[Path, Path]) -> None:
    """What fits is whole, the rest is named, and with more room the same command goes on."""
    folder, masks = tmp_path / "pictures", tmp_path / "masks"
    folder.mkdir()
    masks.mkdir()
    for number in range(3):
        shutil.copy(pair[0], folder / f"large{number}.jpg")
        shutil.copy(pair[1], masks / f"large{number}.png")
    image, _ = save_pair(tmp_path)
    image.rename(folder / "a.jpg")
    save_mask(tmp_path, 40, 48).rename(masks / "a.png")
    batch = ("batch", folder, "--mask-dir", masks, "--erode", "0", "-o", small_disk)
    ran = run_warm(tmp_path / "said", *batch)
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    assert ran.err.count("disk is full") == 3
    assert {"a.png", "indexnet-batch.jsonl"} <= set(contents(small_disk))
    assert not [name for name in contents(small_disk) if name.startswith((".", "large"))]
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    again = run_warm(tmp_path / "said-again", *batch)
    assert again.code == 0, again.err
    assert "3 done, 1 done before" in again.err
    assert {f"large{number}.png" for number in range(3)} <= set(contents(small_disk))


def test_a_disk_without_room_for_the_journal(
    small_disk: Path, tmp_path: Path, pair: tuple[Path, Path]
) -> None:
    (small_disk / "filler").write_bytes(bytes(40 << 10))
    folder = pair[0].parent
    pair[1].rename(folder / "photo_mask.png")
    batch = ("batch", folder, "--mask-dir", folder, "--erode", "0", "-o", small_disk / "out")
    ran = run_warm(tmp_path / "said", *batch)
    assert ran.code in (1, 3), ran.err
    assert "Traceback" not in ran.err
    assert "photo.jpg" in ran.err
    assert "No space left" in ran.err or "disk is full" in ran.err


def test_converting_weights_with_a_limit_on_files(tmp_path: Path, weights_file: Path) -> None:
    target = tmp_path / "converted.safetensors"
    limits = {resource.RLIMIT_FSIZE: 1 << 20}
    ran = run_warm(
        tmp_path / "said", "weights", "convert", weights_file, "-o", target, limits=limits
    )
    assert_told(ran, 3, "converted.safetensors cannot be written")
    assert set(contents(tmp_path)) == {"said/begun", "said/out", "said/err"}


@pytest.mark.parametrize("name", ["trimap", "composite", "csv", "report", "add", "edit"])
def test_every_command_that_writes(
    tmp_path: Path, own_home: Path, pair: tuple[Path, Path], name: str
) -> None:
    """Told with the file's name; what was there before stays, and nothing else is left."""
    root = save_mattes(tmp_path / "set", [f"p{number}" for number in range(200)])
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"\x80\x02" + bytes(4 * LIMIT))
    old = tmp_path / ("old." + {"csv": "csv", "report": "html"}.get(name, "png"))
    old.write_bytes(b"of yesterday")
    command: tuple[str | Path, ...] = {
        "trimap": ("trimap", pair[1], "--erode", "0", "--dilate", "0", "-o", old),
        "composite": ("composite", *pair, "--background", "red", "-o", old),
        "csv": (*evaluation(root), "--quiet", "--csv", old),
        "report": (*evaluation(root), "--quiet", "--report", old),
        "add": ("weights", "add", UNPUBLISHED, brought),
        "edit": ("edit", pair[0], "--mask", pair[1], "--erode", "0", "--no-browser"),
    }[name]
    if name not in ("add", "edit"):
        command = (*command, "--overwrite")
    before = contents(tmp_path)
    ran = run_warm(tmp_path / "said", *command, limits=FILE_SIZE)
    assert_told(ran, 4 if name == "add" else 3, "too large")
    after = {key: data for key, data in contents(tmp_path).items() if not key.startswith("said")}
    kept = {key for key in after if ".locks" not in key and "/edits/" not in key}
    assert kept == set(before)
    assert all(after[key] == before[key] for key in before)
    assert not [key for key in after if key.endswith((".part", ".adding"))]


@pytest.mark.slow
def test_training_on_a_full_disk(tmp_path: Path, pack_folder: Path) -> None:
    """No half snapshot, no half weights; with more room the same command goes on."""
    settings = [part for setting in TRAIN for part in ("--set", setting)]
    settings += ["--set", "steps=1", "--set", "validate_every=1"]
    run_folder = tmp_path / "run"
    train = ("train", "--data-dir", pack_folder, "-o", run_folder, "--workers", "0", *settings)
    for limit in (2 << 20, 30 << 20):  # less than the weights have; less than a snapshot
        ran = run_warm(tmp_path / "said", *train, limits={resource.RLIMIT_FSIZE: limit})
        assert_told(ran, 3, "cannot be written")
        assert not list(run_folder.rglob("*.part"))
        assert not (run_folder / "snapshot.pt").exists()


def test_composing_a_set_on_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    root = save_mattes(tmp_path / "set", [f"p{number}" for number in range(8)])
    composing = ("composite", "--dataset", root, "--backgrounds", root / "bg", "--each", "2")
    ran = run_warm(tmp_path / "said", *composing, "-o", small_disk / "out")
    assert_told(ran, 3, str(small_disk))
    assert not [name for name in contents(small_disk) if name.endswith(".part")]
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    again = run_warm(tmp_path / "said", *composing, "-o", small_disk / "out")
    assert again.code == 0, again.err
