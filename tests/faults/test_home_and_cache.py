"""No home folder, a cache that cannot be written, and state in it that is nonsense."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.checkpoints.local_server import Site, status_of, well
from tests.cli.running import invoke, save_pair
from tests.faults.running import assert_told, contents, run
from tests.faults.test_bad_pictures import told
from tests.faults.test_signals import NAME, published, site  # noqa: F401 - a fixture

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX homes")


@posix
@pytest.mark.parametrize("home", [None, "/nonexistent", "/dev/null"])
def test_matting_needs_no_home(tmp_path: Path, home: str | None) -> None:
    image, trimap = save_pair(tmp_path)
    out = tmp_path / "o.png"
    changes = {"HOME": home, "INDEXNET_HOME": None, "XDG_CACHE_HOME": None}
    ran = run("matte", image, trimap, "-o", out, changes=changes, cwd=tmp_path)
    assert ran.code == 0, ran
    assert set(contents(tmp_path)) == {"photo.jpg", "trimap.png", "o.png"}


@posix
@pytest.mark.parametrize(
    ("cache", "said"),
    [("/dev/null/x", "INDEXNET_HOME"), ("/proc/x", "INDEXNET_HOME"), ("~nobody-here/x", "")],
)
def test_a_cache_that_cannot_be(
    tmp_path: Path,
    site: Site,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    cache: str,
    said: str,
) -> None:
    path, content = published(NAME)
    site.routes[path] = well(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INDEXNET_HOME", cache)
    assert_told(told("weights", "pull", NAME), 4, said)
    assert told("weights", "list").code == 0


@posix
def test_users_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in containers that run under a number: nothing is put into a folder called ~."""
    import platformdirs

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INDEXNET_HOME")
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/indexnet"))
    assert_told(told("weights", "pull", NAME), 4, "set INDEXNET_HOME")
    assert not list(tmp_path.iterdir())


STATES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"url": 5, "validator": [], "total": "x"}',
    b'{"url": "u", "validator": "a\\r\\nX-Evil: 1", "total": 5}',
    b"[" * 100_000,
    b"\xff\xfe\0",
]


@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_nonsense_beside_a_begun_download(
    site: Site,  # noqa: F811
    own_home: Path,
    state: bytes,
) -> None:
    path, content = published(NAME)
    site.routes[path] = well(content)
    part = own_home / "weights" / f"{path[1:]}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"nonsense")
    part.with_name(part.name + ".json").write_bytes(state)
    assert_told(told("weights", "pull", NAME), 4, "is not the published file")
    assert not part.exists()
    assert invoke("weights", "list").exit_code == 0


@pytest.mark.parametrize("pins", [b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_nonsense_in_place_of_pins(own_home: Path, tmp_path: Path, pins: bytes) -> None:
    folder = own_home / "weights"
    folder.mkdir(parents=True)
    (folder / "pins.json").write_bytes(pins)
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"\x80\x02" + bytes(1000))
    assert_told(told("weights", "add", "dim.stage1", brought), 4, "pins.json", "remove it")
    assert set(contents(folder)) >= {"pins.json"}
    assert not list(folder.glob("*.adding"))


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b'{"begun": [5]}',
        b'{"begun": "abc"}',
        b'{"done": [1], "work": "w", "sha256": {}}',
        b'{"done": {"alpha": "/etc/passwd"}, "work": "w", "sha256": {"alpha": "0"}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_nonsense_in_the_journal_of_a_batch(tmp_path: Path, line: bytes) -> None:
    """It is passed over, and the line after it counts: also where it has no end."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    image, _ = save_pair(tmp_path)
    image.rename(folder / "a.jpg")
    from tests.faults.test_paths import KNOWN, _mask

    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").write_bytes(_mask())
    out.mkdir()
    (out / "indexnet-batch.jsonl").write_bytes(line)
    batch = ("batch", folder, "--mask-dir", tmp_path / "masks", *KNOWN, "-o", out)
    assert told(*batch).code == 0
    again = invoke(*batch, "--json")
    assert json.loads(again.stdout)["status"] == "done before"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Retry-After", "\xb2"),
        ("Retry-After", "9" * 5000),
        ("Content-Range", "bytes \xb2-/\xb2"),
        ("Location", "https://[[["),
    ],
)
def test_headers_that_make_no_sense(
    site: Site,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    header: str,
    value: str,
) -> None:
    """Superscripts are digits, by Python; brackets may begin an address, and not end it."""
    from indexnet_cli.checkpoints.downloading import fetching
    from tests.checkpoints.conftest import HASTY

    monkeypatch.setattr(fetching, "PATIENCE", HASTY)
    status = {"Content-Range": 206, "Location": 302}.get(header, 503)
    site.routes[published(NAME)[0]] = status_of(status, **{header: value})
    assert_told(told("weights", "pull", NAME), 4, "cannot be fetched")


def test_a_server_that_sends_without_end(
    site: Site,  # noqa: F811
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from indexnet_cli.checkpoints.downloading import fetching

    path, content = published(NAME)
    site.routes[path] = well(content)
    monkeypatch.setattr(fetching, "largest_size", lambda _entry: 200_000)
    assert_told(told("weights", "pull", NAME), 4, "sends more than the 200,000 bytes")
    assert not [name for name in contents(own_home / "weights") if not name.startswith(".locks")]
