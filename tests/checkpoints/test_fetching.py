"""Downloads from a server on this machine, in every state that a server can be in."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from indexnet_cli.checkpoints.downloading import fetching
from indexnet_cli.checkpoints.downloading.fetching import fetch
from indexnet_cli.checkpoints.first_use import recorded_pin
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.checkpoints.pins import file_digest
from indexnet_cli.errors import CheckpointError
from tests.checkpoints import local_server as serve
from tests.checkpoints.local_server import Site

MakeEntry = Callable[..., Entry]
FILE = "/some.pth"


def left_over(cached: Path) -> list[str]:
    return sorted(path.name for path in cached.parent.iterdir() if path.is_file())


def test_served_well(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.well(content)
    seen: list[tuple[int, int | None]] = []
    assert fetch(entry, on_progress=lambda done, total: seen.append((done, total))) == cached
    assert cached.read_bytes() == content
    assert left_over(cached) == ["some.pth"]
    assert seen[0] == (0, len(content))
    assert seen[-1] == (len(content), len(content))
    assert fetch(entry) == cached
    assert len(site.log) == 1


@pytest.mark.parametrize("code", [403, 404])
def test_refused(site: Site, entry: Entry, cached: Path, code: int) -> None:
    site.routes[FILE] = serve.status_of(code)
    with pytest.raises(CheckpointError) as raised:
        fetch(entry)
    assert str(code) in raised.value.message
    assert raised.value.exit_code == 4
    for said in ("by hand", "https://one.example/some.pth", "weights add some.net FILE"):
        assert said in raised.value.hint
    assert len(site.log) == 1
    assert not cached.exists()


@pytest.mark.parametrize("code", [500, 503, 429])
def test_passing_trouble(site: Site, entry: Entry, content: bytes, cached: Path, code: int) -> None:
    trouble = serve.status_of(code, Retry_After="3600")
    site.routes[FILE] = serve.in_turn(trouble, serve.well(content))
    fetch(entry)
    assert cached.read_bytes() == content
    assert len(site.log) == 2


def test_wrong_bytes(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.well(content[:-1] + b"!")
    with pytest.raises(CheckpointError, match="not the published file: sha256"):
        fetch(entry)
    assert not left_over(cached)


def test_wrong_size(site: Site, make_entry: MakeEntry, content: bytes) -> None:
    site.routes[FILE] = serve.well(content)
    with pytest.raises(CheckpointError, match="more than the 5 bytes"):
        fetch(make_entry(pin=None, bytes=5))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\n <!DOCTYPE html><html>please log in</html>", "a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        ("", "sends nothing"),
    ],
)
def test_something_else(
    site: Site, make_entry: MakeEntry, cached: Path, body: str, said: str
) -> None:
    site.routes[FILE] = serve.page(body)
    with pytest.raises(CheckpointError, match=said):
        fetch(make_entry(pin=None))
    assert not left_over(cached)


def test_slow_but_steady(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.drip(content, pieces=8, pause=0.1)
    fetch(entry)
    assert cached.read_bytes() == content


def test_pinned_at_first_use(
    site: Site, make_entry: MakeEntry, content: bytes, cached: Path
) -> None:
    site.routes[FILE] = serve.well(content)
    entry = make_entry(pin=None)
    told: list[str] = []
    fetch(entry, told.append)
    assert recorded_pin("some.pth") == file_digest(cached, "sha256")
    assert any("no hash of some.net is published" in line for line in told)
    cached.unlink()
    site.routes[FILE] = serve.well(content + b"more")
    with pytest.raises(CheckpointError, match="first use"):
        fetch(entry)


@pytest.mark.parametrize("body", [b'{"error": "busy"}', b"PK\3\4 and no directory at the end"])
def test_no_checkpoint_is_not_pinned(
    site: Site, make_entry: MakeEntry, cached: Path, body: bytes
) -> None:
    site.routes[FILE] = serve.well(body)
    with pytest.raises(CheckpointError, match="expected a checkpoint"):
        fetch(make_entry(pin=None))
    assert recorded_pin("some.pth") is None
    assert not left_over(cached)


def test_a_full_disk(site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching, "transfer", fail)
    with pytest.raises(CheckpointError, match=r"some\.pth\.part: No space left on device"):
        fetch(entry)


def test_a_damaged_cache_is_mended(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content[:100])
    site.routes[FILE] = serve.well(content)
    fetch(entry)
    assert cached.read_bytes() == content


def test_a_cache_that_cannot_be_written(entry: Entry, own_home: Path) -> None:
    own_home.write_text("a file where the folder should be")
    with pytest.raises(CheckpointError, match="cannot be written") as raised:
        fetch(entry)
    assert "INDEXNET_HOME" in raised.value.hint
