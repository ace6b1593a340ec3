"""Two processes that do the same thing at the same time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.checkpoints.local_server import Site, drip
from tests.cli.running import save_pair
from tests.faults.running import Command, assert_told, contents
from tests.faults.sets import assembling, save_mattes
from tests.faults.test_signals import (
    NAME,
    TIMEOUT,
    TRAIN,
    UNPUBLISHED,
    is_png,
    published,
    save_pairs,
    site,  # noqa: F401 - a fixture
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX processes")


def test_batch(tmp_path: Path) -> None:
    """Both end well or one says what is there; the outputs are whole, and then all is done."""
    arguments = save_pairs(tmp_path / "in", 6)
    before = contents(tmp_path / "in")
    both = [Command(tmp_path / f"said{number}", *arguments) for number in range(2)]
    for command in both:
        ran = command.end(TIMEOUT)
        assert "Traceback" not in ran.err
        assert ran.code in (0, 2), ran.err
    again = Command(tmp_path / "again", *arguments).end(TIMEOUT)
    assert again.code == 0, again.err
    assert "6 done before" in again.err
    written = contents(tmp_path / "out")
    assert set(written) == {*(f"p{number}.png" for number in range(6)), "indexnet-batch.jsonl"}
    assert all(is_png(data) for name, data in written.items() if name.endswith(".png"))
    assert contents(tmp_path / "in") == before


def test_matte_into_one_file(tmp_path: Path) -> None:
    """One of them writes it; the other is refused, and does not replace it."""
    _, folder, *_ = save_pairs(tmp_path / "in", 1)
    out = tmp_path / "o.png"
    matte = ("matte", Path(folder) / "p0.jpg", Path(folder) / "p0_trimap.png", "-o", out)
    both = [Command(tmp_path / f"said{number}", *matte) for number in range(2)]
    ended = [command.end(TIMEOUT) for command in both]
    assert sorted(ran.code for ran in ended) in ([0, 2], [0, 0])
    refused = [ran for ran in ended if ran.code]
    assert len(refused) == 1
    assert "exists already" in refused[0].err
    assert is_png(out.read_bytes())


def test_pull(tmp_path: Path, site: Site, own_home: Path) -> None:  # noqa: F811
    """The second waits for the first, and for the same bytes asks the server no second time."""
    path, content = published(NAME)
    site.routes[path] = drip(content, 30, 0.02)
    both = [Command(tmp_path / f"said{n}", "weights", "pull", NAME) for n in range(2)]
    ended = [command.end(TIMEOUT) for command in both]
    assert [ran.code for ran in ended] == [4, 4]  # what came is not the published file
    assert sum("another process is fetching" in ran.err for ran in ended) <= 1
    assert not [name for name in contents(own_home / "weights") if not name.startswith(".locks")]


def test_adding_weights(tmp_path: Path, own_home: Path) -> None:
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"\x80\x02" + bytes(4 << 20))
    add = ("weights", "add", UNPUBLISHED, brought)
    both = [Command(tmp_path / f"said{number}", *add) for number in range(2)]
    assert [command.end(TIMEOUT).code for command in both] == [0, 0]
    cache = contents(own_home / "weights")
    left = {name for name in cache if not name.startswith(".locks")}
    assert len(left) == 2
    assert "pins.json" in left
    assert brought.read_bytes() in cache.values()


def test_composing_a_set(tmp_path: Path) -> None:
    root, out = save_mattes(tmp_path / "set", [f"p{n}" for n in range(12)]), tmp_path / "out"
    both = [Command(tmp_path / f"said{n}", *assembling(root, out)) for n in range(2)]
    for command in both:
        ran = command.end(TIMEOUT)
        assert ran.code in (0, 2), ran.err
        assert "Traceback" not in ran.err
    again = Command(tmp_path / "again", *assembling(root, out)).end(TIMEOUT)
    assert again.code == 0, again.err
    assert "0 made, 12 done before" in again.err
    made = [data for name, data in contents(out).items() if name.endswith(".png")]
    assert len(made) == 12
    assert all(map(is_png, made))


def test_editing_one_picture(tmp_path: Path) -> None:
    """The second is told; what the first has painted is safe."""
    image, _ = save_pair(tmp_path)
    edit = ("edit", image, "--no-browser")
    first = Command(tmp_path / "said", *edit)
    first.wait_until(lambda: first.has_begun and b"http" in (tmp_path / "said/out").read_bytes())
    ran = Command(tmp_path / "second", *edit).end(TIMEOUT)
    first.send(signal.SIGINT)
    assert first.end(TIMEOUT).code == 0
    assert_told(ran, 2, "photo.jpg is open in an editor already")


def test_training_into_one_folder(tmp_path: Path, pack_folder: Path) -> None:
    """The second is told, and does not touch what the first writes."""
    run = tmp_path / "run"
    settings = [part for setting in TRAIN for part in ("--set", setting)]
    train = ["train", "--data-dir", pack_folder, "-o", run, "--workers", "0", *settings]
    first = Command(tmp_path / "said", *train)
    first.wait_until(lambda: (run / "snapshot.pt").exists())
    ran = Command(tmp_path / "second", *train).end(TIMEOUT)
    first.send(signal.SIGTERM)
    assert first.end(TIMEOUT).code == 143
    assert_told(ran, 2, f"another process is training in {run}")
