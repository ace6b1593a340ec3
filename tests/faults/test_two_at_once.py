"""Two processes that do the same thing at the same time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.checkpoints.local_server import Site, drip
from tests.faults.running import Command, contents
from tests.faults.test_signals import (
    NAME,
    TIMEOUT,
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
