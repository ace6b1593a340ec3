"""Ctrl-C, kill and kill -9 at any moment; the time of the blow is drawn anew in every run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.checkpoints.local_server import Site, drip, serving, well
from tests.cli.running import save_pair
from tests.faults.running import Command, contents
from tests.faults.sets import assembling, evaluation, save_mattes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
BLOWS = [signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTERM]
NAME = "indexnet.openmmlab"
TIMEOUT = 120


def save_pairs(folder: Path, count: int) -> list[str | Path]:
    """Pictures that take a forward pass each; the arguments that matte them."""
    folder.mkdir()
    image, trimap = save_pair(folder)
    for number in range(count):
        shutil.copy(image, folder / f"p{number}.jpg")
        shutil.copy(trimap, folder / f"p{number}_trimap.png")
    image.unlink()
    trimap.unlink()
    return ["batch", folder, "-o", folder.parent / "out"]


def strike(command: Command, number: int, longest: float) -> None:
    command.wait_until(lambda: command.has_begun)
    time.sleep(random.uniform(0, longest))
    command.send(number)


def is_png(data: bytes) -> bool:
    return data.startswith(b"\x89PNG") and data.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("blow", BLOWS)
def test_matte(tmp_path: Path, blow: signal.Signals) -> None:
    (tmp_path / "in").mkdir()
    image, trimap = save_pair(tmp_path / "in")
    before = contents(tmp_path / "in")
    (tmp_path / "out").mkdir()
    command = Command(tmp_path / "said", "matte", image, trimap, "-o", tmp_path / "out" / "o.png")
    strike(command, blow, 1.5)
    ran = command.end(TIMEOUT)
    assert "Traceback" not in ran.err
    written = contents(tmp_path / "out")
    # It may have been done before the blow.
    assert ran.code in (0, CODES[blow])
    assert set(written) == {"o.png"} or (ran.code, set(written)) == (CODES[blow], set())
    assert all(map(is_png, written.values()))
    assert contents(tmp_path / "in") == before


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_batch_goes_on(tmp_path: Path, blow: signal.Signals) -> None:
    """Struck twice; what was written is whole, and the third run does the rest."""
    arguments = save_pairs(tmp_path / "in", 8)
    before, out = contents(tmp_path / "in"), tmp_path / "out"
    for attempt in range(2):
        command = Command(tmp_path / f"said{attempt}", *arguments)
        command.wait_until(lambda: out.exists())
        strike(command, blow, 0.5)
        ran = command.end(TIMEOUT)
        assert "Traceback" not in ran.err
        assert ran.code in (0, CODES.get(blow, -blow))
        written = contents(out) if out.exists() else {}
        assert all(is_png(data) for name, data in written.items() if name.endswith(".png"))
        if blow != signal.SIGKILL:
            assert not [name for name in written if name.startswith(".")]
    last = Command(tmp_path / "said", *arguments).end(TIMEOUT)
    assert last.code == 0, last.err
    written = contents(out)
    assert set(written) == {*(f"p{number}.png" for number in range(8)), "indexnet-batch.jsonl"}
    assert len({data for name, data in written.items() if name.endswith(".png")}) == 1
    assert contents(tmp_path / "in") == before


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    with serving() as served:
        monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", served.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("INDEXNET_OFFLINE")
        yield served


def published(name: str) -> tuple[str, bytes]:
    """The path and the content of a file whose published hash this cannot have."""
    from indexnet_cli.checkpoints.manifest import find_entry

    return f"/{find_entry(name).file}", b"\x80\x02" + bytes(range(256)) * 4000


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_pull(tmp_path: Path, site: Site, own_home: Path, blow: signal.Signals) -> None:
    """What came so far is kept for the next time, and nothing counts as fetched."""
    path, content = published(NAME)
    site.routes[path] = drip(content, 200, 0.02)
    command = Command(tmp_path / "said", "weights", "pull", NAME)
    cache = own_home / "weights"
    command.wait_until(lambda: any(cache.glob("*.part")))
    strike(command, blow, 0.5)
    ran = command.end(TIMEOUT)
    assert ran.code == CODES.get(blow, -blow), ran
    assert "Traceback" not in ran.err
    left = {name for name in contents(cache) if not name.startswith(".locks")}
    assert left == {path[1:] + ".part", path[1:] + ".part.json"}
    site.routes[path] = well(content)
    again = Command(tmp_path / "again", "weights", "pull", NAME).end(TIMEOUT)
    assert again.code == 4  # the lock of the dead process keeps nobody out; the hash does
    assert "is not the published file" in again.err
    assert not [name for name in contents(cache) if not name.startswith(".locks")]


UNPUBLISHED = "dim.stage1"  # no hash of it is published: any checkpoint is taken, and pinned


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_adding_weights(tmp_path: Path, own_home: Path, blow: signal.Signals) -> None:
    """Whole or absent, and the same command again brings it."""
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"\x80\x02" + bytes(24 << 20))
    add = ("weights", "add", UNPUBLISHED, brought)
    cache = own_home / "weights"
    command = Command(tmp_path / "said", *add)
    command.wait_until(lambda: cache.exists())
    strike(command, blow, 0.2)
    ran = command.end(TIMEOUT)
    assert ran.code in (0, CODES.get(blow, -blow)), ran
    assert "Traceback" not in ran.err
    assert blow == signal.SIGKILL or not list(cache.glob("*.adding"))
    again = Command(tmp_path / "again", *add).end(TIMEOUT)
    assert again.code == 0, again.err
    left = {name: data for name, data in contents(cache).items() if not name.startswith(".locks")}
    assert brought.read_bytes() == left.pop(_file_of(UNPUBLISHED))
    assert set(left) == {"pins.json"}


def _file_of(name: str) -> str:
    from indexnet_cli.checkpoints.manifest import find_entry

    return find_entry(name).file


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_converting_weights(tmp_path: Path, weights_file: Path, blow: signal.Signals) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    convert = ("weights", "convert", weights_file, "-o", folder / "o.safetensors", "--overwrite")
    command = Command(tmp_path / "said", *convert)
    strike(command, blow, 0.4)
    ran = command.end(TIMEOUT)
    assert ran.code in (0, CODES.get(blow, -blow)), ran
    assert "Traceback" not in ran.err
    assert blow == signal.SIGKILL or set(contents(folder)) <= {"o.safetensors"}
    early = contents(folder).get("o.safetensors")
    again = Command(tmp_path / "again", *convert).end(TIMEOUT)
    assert again.code == 0, again.err
    written = contents(folder)
    assert set(written) == {"o.safetensors"}  # what the killed one has left is gone
    assert early in (None, written["o.safetensors"])


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_eval(tmp_path: Path, blow: signal.Signals) -> None:
    """The table is there as a whole or not at all."""
    root = save_mattes(tmp_path / "set", [f"p{number}" for number in range(30)])
    before, out = contents(root), tmp_path / "out"
    out.mkdir()
    scoring = (*evaluation(root), "--csv", out / "scores.csv", "--report", out / "page.html")
    command = Command(tmp_path / "said", *scoring, "--overwrite")
    strike(command, blow, 0.7)
    ran = command.end(TIMEOUT)
    assert ran.code in (0, CODES.get(blow, -blow)), ran
    assert "Traceback" not in ran.err
    assert blow == signal.SIGKILL or set(contents(out)) <= {"scores.csv", "page.html"}
    early = contents(out)
    again = Command(tmp_path / "again", *scoring, "--overwrite").end(TIMEOUT)
    assert again.code == 0, again.err
    written = contents(out)
    assert set(written) == {"scores.csv", "page.html"}
    assert early.get("scores.csv") in (None, written["scores.csv"])
    assert written["page.html"].rstrip().endswith(b"</html>")
    assert contents(root) == before


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_composing_a_set_goes_on(tmp_path: Path, blow: signal.Signals) -> None:
    names = [f"p{number}" for number in range(40)]
    root, out = save_mattes(tmp_path / "set", names), tmp_path / "out"
    before, composing = contents(root), assembling(root, out)
    command = Command(tmp_path / "said", *composing)
    command.wait_until(lambda: out.exists())
    strike(command, blow, 0.3)
    ran = command.end(TIMEOUT)
    assert ran.code in (0, CODES.get(blow, -blow)), ran
    assert "Traceback" not in ran.err
    early = {name: data for name, data in contents(out).items() if name.endswith(".png")}
    assert all(map(is_png, early.values()))
    again = Command(tmp_path / "again", *composing).end(TIMEOUT)
    assert again.code == 0, again.err
    written = contents(out)
    assert {name: written[name] for name in early} == early
    made = [name for name in written if name.endswith(".png")]
    assert len(made) == 40
    assert not [name for name in written if name.endswith(".part")]
    assert contents(root) == before


TRAIN = [
    "crop=64",
    "late_crop=64",
    "batch_size=2",
    "late_batch_size=2",
    "warmup_steps=1",
    "calibration_batches=1",
    "validation_crop=64",
    "validation_per_kind=1",
    "snapshot_every=1",
    "steps=40",
    "validate_every=40",
]


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_train(tmp_path: Path, pack_folder: Path, blow: signal.Signals) -> None:
    """Never half a snapshot."""
    run = tmp_path / "run"
    settings = [part for setting in TRAIN for part in ("--set", setting)]
    arguments = ["train", "--data-dir", pack_folder, "-o", run, "--workers", "0", *settings]
    command = Command(tmp_path / "said", *arguments)
    command.wait_until(lambda: (run / "snapshot.pt").exists())
    strike(command, blow, 1.0)
    ran = command.end(TIMEOUT)
    assert "Traceback" not in ran.err, ran.err
    assert ran.code == CODES.get(blow, -blow), ran
    assert blow == signal.SIGKILL or not list(run.rglob("*.part"))
    import torch

    assert torch.load(run / "snapshot.pt", weights_only=True)["step"] >= 1
