from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_cli.batch.sharding import Shard
from indexnet_cli.cli.batch.networks import Networks
from indexnet_cli.cli.batch.tally import Tally
from indexnet_cli.cli.finish import Finish
from tests.cli.running import environment, invoke

SIZE = (24, 20)


def save_photo(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colours = np.random.default_rng(seed).integers(0, 256, (*SIZE[::-1], 3), dtype=np.uint8)
    Image.fromarray(colours).save(path)


def save_guide(path: Path, unknown: bool = False) -> None:
    """Without unknown pixels no network is needed: the matte is the trimap."""
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.zeros(SIZE[::-1], np.uint8)
    levels[5:15, 6:18] = 255
    if unknown:
        levels[4:6] = 128
    Image.fromarray(levels).save(path)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    images, trimaps = tmp_path / "in", tmp_path / "tri"
    for number, name in enumerate(("a.jpg", "größe/b.png", "größe/写真.png")):
        save_photo(images / name, number)
        save_guide((trimaps / name).with_suffix(".png"))
    return images, trimaps, tmp_path / "out"


def lines(output: str) -> dict[str, dict]:
    return {Path(told["image"]).name: told for told in map(json.loads, output.splitlines())}


def test_a_folder_keeps_its_structure(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    result = invoke("batch", images, trimaps, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    assert {told["status"] for told in lines(result.stdout).values()} == {"done"}
    for name in ("a.png", "größe/b.png", "größe/写真.png"):
        alpha = np.asarray(Image.open(out / name))
        np.testing.assert_array_equal(alpha, np.asarray(Image.open(trimaps / name)))
    assert not (out / "failures.csv").exists()


@pytest.mark.parametrize(
    "other", [("--views", 2), ("--scales", 2), ("--enlarge",), ("--fit-colours",)]
)
def test_other_ways_to_compute_are_another_matte(
    tmp_path: Path, weights_file: Path, other: tuple[str, ...]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (130, 140, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(noise).save(tmp_path / "in/a.png")
    Image.fromarray(np.full((130, 140), 128, np.uint8)).save(tmp_path / "in/a_trimap.png")
    command = ("batch", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights_file)
    found = []
    for options in ((), other, other, ("--views", 1)):
        result = invoke(*command, *options, "--json")
        assert result.exit_code == 0, result.output
        status = lines(result.stdout)["a.png"]["status"]
        found.append((status, (tmp_path / "out/a.png").read_bytes()))
    assert [status for status, _ in found] == ["done", "done", "done before", "done"]
    assert found[0][1] == found[3][1] != found[1][1] == found[2][1]


def test_unknown_pixels_are_matted(tmp_path: Path, weights_file: Path) -> None:
    save_photo(tmp_path / "in/a.png")
    save_guide(tmp_path / "in/a_trimap.png", unknown=True)
    kinds = "alpha,cutout,composite,preview"
    result = invoke(
        "batch", tmp_path / "in", "-o", tmp_path / "out", "--weights", weights_file,
        "--save", kinds, "--background", "white", "-v",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    alpha = np.asarray(Image.open(tmp_path / "out/alpha/a.png"))
    assert len(np.unique(alpha[4:6])) > 2
    cut = np.asarray(Image.open(tmp_path / "out/cutout/a.png"))
    np.testing.assert_array_equal(cut[..., 3], alpha)
    assert (np.asarray(Image.open(tmp_path / "out/composite/a.png"))[alpha == 0] == 255).all()
    assert (tmp_path / "out/preview/a.jpg").is_file()


def test_only_what_changed_is_done_again(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    command = ("batch", images, trimaps, "-o", out, "--json")
    assert invoke(*command).exit_code == 0
    assert {told["status"] for told in lines(invoke(*command).stdout).values()} == {"done before"}
    save_photo(images / "a.jpg", seed=9)  # another content under the same name
    (out / "größe/b.png").write_bytes(b"spoilt")  # a file that merely exists is not done
    statuses = {name: told["status"] for name, told in lines(invoke(*command).stdout).items()}
    assert statuses == {"a.jpg": "done", "b.png": "done", "写真.png": "done before"}
    other = lines(invoke(*command, "--bits", 16).stdout)  # other options
    assert {told["status"] for told in other.values()} == {"done"}
    assert Image.open(out / "a.png").mode == "I;16"


def test_bad_files_do_not_stop_the_rest(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    (images / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    save_guide(trimaps / "broken.png")
    save_photo(images / "alone.png")
    save_photo(images / "size.png")
    Image.new("L", (3, 3)).save(trimaps / "size.png")
    result = invoke("batch", images, trimaps, "-o", out)
    assert result.exit_code == 1
    assert "3 done, 3 failed" in result.stderr
    with (out / "failures.csv").open(encoding="utf-8") as file:
        failed = {Path(row["image"]).name: row["error"] for row in csv.DictReader(file)}
    assert set(failed) == {"broken.jpg", "alone.png", "size.png"}
    assert "no trimap" in failed["alone.png"]
    assert "3 x 3" in failed["size.png"]
    for name in failed:
        assert name in result.stderr
        (images / name).unlink()
    assert invoke("batch", images, trimaps, "-o", out).exit_code == 0
    assert not (out / "failures.csv").exists()


def test_collisions_are_refused_before_the_start(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    save_photo(images / "a.png")
    result = invoke("batch", images, trimaps, "-o", out)
    assert result.exit_code == 2
    assert "a.jpg" in result.stderr
    assert "a.png" in result.stderr
    assert not out.exists()
    (images / "a.jpg").unlink()
    result = invoke("batch", images, trimaps, "-o", images, "--overwrite")
    assert result.exit_code == 2
    assert "over the input" in result.stderr


def test_results_among_the_pictures_are_no_pictures(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    images, trimaps, _ = folders
    (images / "größe/b.png").unlink()
    (images / "größe/写真.png").unlink()
    assert invoke("batch", images, trimaps, "-o", images).exit_code == 0
    assert (images / "a.png").is_file()
    monkeypatch.chdir(images)  # another name of the same folder
    again = lines(invoke("batch", ".", trimaps, "-o", images, "--json").stdout)
    assert {name: told["status"] for name, told in again.items()} == {"a.jpg": "done before"}
    glob = lines(invoke("batch", "*.*", trimaps, "-o", images, "--json").stdout)
    assert {name: told["status"] for name, told in glob.items()} == {"a.jpg": "done before"}


def test_files_of_others_are_not_replaced(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    out.mkdir()
    (out / "a.png").write_bytes(b"precious")
    result = invoke("batch", images, trimaps, "-o", out)
    assert result.exit_code == 2
    assert (out / "a.png").read_bytes() == b"precious"
    assert invoke("batch", images, trimaps, "-o", out, "--overwrite").exit_code == 0


def test_list_glob_and_masks(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    images, trimaps, out = folders
    (tmp_path / "list.csv").write_text(
        "image,trimap,output\nin/a.jpg,tri/a.png,deep/one.png\nin/größe/b.png,tri/größe/b.png\n",
        encoding="utf-8",
    )
    assert invoke("batch", tmp_path / "list.csv", "-o", out).exit_code == 0
    assert sorted(path.name for path in out.rglob("*.png")) == ["b.png", "one.png"]
    glob = str(images / "größe/*.png")
    result = invoke(
        "batch", glob, "--mask-dir", trimaps / "größe", "-o", out / "g", "--erode", 0, "--json"
    )
    assert result.exit_code == 0, result.output
    assert (out / "g/b.png").is_file()
    (tmp_path / "bad.csv").write_text("a\n")
    assert "line 1" in invoke("batch", tmp_path / "bad.csv", "-o", out).stderr
    (tmp_path / "out.csv").write_text("in/a.jpg,tri/a.png,../x.png\n")
    assert "leaves" in invoke("batch", tmp_path / "out.csv", "-o", out).stderr


def test_shards_divide_the_work(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    images, trimaps, out = folders
    first = lines(invoke("batch", images, trimaps, "-o", out, "--json", "--shard", "1/2").stdout)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    second = lines(invoke("batch", images, trimaps, "-o", out, "--json").stdout)
    assert len(first) == 2
    assert len(second) == 1
    assert not set(first) & set(second)
    whole = invoke("batch", images, trimaps, "-o", out, "--json", "--shard", "1/1").stdout
    assert {told["status"] for told in lines(whole).values()} == {"done before"}


def test_what_arrives_is_divided_by_name() -> None:
    shards = [Shard(index, 3) for index in (1, 2, 3)]
    names = [f"größe/{number}" for number in range(60)]
    takers = {name: [shard.index for shard in shards if shard.takes(name)] for name in names}
    assert all(len(each) == 1 for each in takers.values())
    assert {each[0] for each in takers.values()} == {1, 2, 3}


def test_each_process_of_a_machine_takes_its_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr(
        "indexnet_cli.engine.matter.Matter", lambda *_, device, **__: taken.append(device)
    )
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    networks = Networks(None, None, None, "auto", "fp32", "pad", 1, Finish(), None)
    networks.matter()
    for name, value in (
        ("RANK", "5"),
        ("WORLD_SIZE", "8"),
        ("LOCAL_RANK", "1"),
        ("MASTER_ADDR", "x"),
    ):
        monkeypatch.setenv(name, value)
    networks.matter()
    replace(networks, device="cpu").matter()
    assert taken == ["auto", "cuda:1", "cpu"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "-o DIR"),
        (("-o", "out", "--shard", "3/2"), "part 3 of 2"),
        (("-o", "out", "--save", "everything"), "everything"),
        (("-o", "out", "--save", "composite"), "background"),
        (("-o", "out", "--background", "nothing.jpg"), "neither a file nor a colour"),
    ],
)
def test_wrong_usage(
    folders: tuple[Path, Path, Path], arguments: tuple[str, ...], said: str
) -> None:
    result = invoke("batch", *folders[:2], *arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "indexnet_cli", "batch", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_it_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    images, trimaps, out = tmp_path / "in", tmp_path / "tri", tmp_path / "out"
    for number in range(400):
        save_photo(images / f"{number:03}.png", number)
        save_guide(trimaps / f"{number:03}.png")
    process = start(images, trimaps, "-o", out, "--json")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(how)
    _, errors = process.communicate(timeout=120)
    if how == signal.SIGINT:
        assert process.returncode == 130, errors
        assert "goes on" in errors
        assert not list(out.rglob(".*"))
    for path in out.glob("*.png"):
        Image.open(path).load()
    written = len(list(out.glob("*.png")))
    assert 0 < written < 400
    again = lines(invoke("batch", images, trimaps, "-o", out, "--json").stdout)
    statuses = [told["status"] for told in again.values()]
    assert len(statuses) == 400
    assert set(statuses) == {"done", "done before"}
    assert statuses.count("done before") >= written - 6
    assert not list(out.rglob(".*"))


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_killed_run_left_is_removed(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (out / "größe").mkdir(parents=True)

    def leftover(folder: Path, machine: str, process: int, hours: float = 0) -> Path:
        path = folder / f".indexnet-{machine}-{process}-{'0' * 16}.part"
        path.write_bytes(b"half")
        os.utime(path, (time.time() - 3600 * hours,) * 2)
        return path

    here = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
    stale = [
        leftover(out, here, ended.pid),
        leftover(out / "größe", here, ended.pid),
        leftover(out, "00000000", ended.pid, hours=25),
    ]
    kept = [leftover(out, here, os.getpid()), leftover(out, "00000000", 1)]
    assert invoke("batch", images, trimaps, "-o", out).exit_code == 0
    assert not any(path.exists() for path in stale)
    assert all(path.exists() for path in kept)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_watch(folders: tuple[Path, Path, Path]) -> None:
    images, trimaps, out = folders
    process = start("--watch", images, trimaps, "-o", out, "--json")
    assert process.stdout is not None
    first = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert {told["status"] for told in first} == {"done"}
    save_photo(images / "late.png")
    time.sleep(0.1)
    save_guide(trimaps / "late.png")
    assert Path(json.loads(process.stdout.readline())["image"]).name == "late.png"
    save_photo(images / "late.jpg")
    collision = json.loads(process.stdout.readline())
    assert "would both write" in collision["error"]
    save_photo(images / "later.png")
    save_guide(trimaps / "later.png")
    assert Path(json.loads(process.stdout.readline())["image"]).name == "later.png"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert (out / "late.png").is_file()
    assert "5 done, 1 failed" in errors


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_that_python_dropped_ends_it_all_the_same(
    folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    images, trimaps, out = folders
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    tell = Tally.tell

    def tell_and_lose(tally: Tally, image: str, told: dict) -> None:
        tell(tally, image, told)
        thing = frozenset({image})
        follower = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
        del thing
        assert follower() is None

    monkeypatch.setattr(Tally, "tell", tell_and_lose)
    result = invoke("batch", images, trimaps, "-o", out)
    assert len(dropped) == 1
    assert result.exit_code == 130
    assert "1 done, 2 left" in result.stderr


def test_a_gallery_shows_every_matte(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    images, trimaps, out = folders
    page = tmp_path / "gallery.html"
    result = invoke("batch", images, trimaps, "-o", out, "--gallery", page)
    assert result.exit_code == 0, result.output
    text = page.read_text("utf-8")
    content = json.loads(re.search(r'id="content">(.*?)</script>', text, re.S)[1])
    assert [item["name"] for item in content["items"]] == ["a", "größe/b", "größe/写真"]
    shown = json.loads(re.search(r'id="pictures-1">(.*?)</script>', text, re.S)[1])
    assert shown["trimap"].startswith("data:image/webp;base64,")
    assert shown["sources"][0]["matte"].startswith("data:image/webp;base64,")


def test_a_gallery_leaves_out_what_failed(folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    images, trimaps, out = folders
    (images / "a.jpg").write_bytes(b"no picture")
    page = tmp_path / "gallery.html"
    assert invoke("batch", images, trimaps, "-o", out, "--gallery", page).exit_code == 1
    assert page.read_text("utf-8").count('id="pictures-') == 2


@pytest.mark.parametrize("more", [["--save", "cutout"], ["--watch"]])
def test_a_gallery_that_cannot_be_made_is_refused_first(
    folders: tuple[Path, Path, Path], tmp_path: Path, more: list[str]
) -> None:
    images, trimaps, out = folders
    page = tmp_path / "gallery.html"
    result = invoke("batch", images, trimaps, "-o", out, "--gallery", page, *more)
    assert result.exit_code == 2
    assert not page.exists()


def test_a_gallery_that_exists_is_refused_first(
    folders: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    images, trimaps, out = folders
    page = tmp_path / "gallery.html"
    page.write_text("mine")
    assert invoke("batch", images, trimaps, "-o", out, "--gallery", page).exit_code == 2
    assert page.read_text() == "mine"
