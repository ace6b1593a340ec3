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
    if blow != signal.SIGKILL:
        assert not list(run.rglob("*.part"))
    import torch

    assert torch.load(run / "snapshot.pt", weights_only=True)["step"] >= 1
