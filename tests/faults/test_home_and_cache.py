"""No home folder, a cache that cannot be written, and state in it that is nonsense."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.checkpoints.local_server import Site, status_of, well
from tests.cli.running import invoke, save_pair
from tests.faults.running import assert_told, contents, run, run_warm
from tests.faults.test_bad_pictures import told
from tests.faults.test_paths import KNOWN, _mask
from tests.faults.test_signals import (
    NAME,
    UNPUBLISHED,
    published,
    site,  # noqa: F401 - a fixture
)

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


@posix
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("weights", "list"), 0),
        (("info",), 0),
        (("weights", "path", "indexnet.open"), 0),
        (("edit", "photo.jpg", "--no-browser"), 3),
    ],
    ids=str,
)
def test_every_command_with_a_home_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int
) -> None:
    """What needs a folder says so."""
    (tmp_path / "in").mkdir()
    save_pair(tmp_path / "in")
    before = contents(tmp_path / "in")
    monkeypatch.chdir(tmp_path / "in")
    for name in ("INDEXNET_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    ran = run_warm(tmp_path / "said", *arguments, HOME="/dev/null")
    if code:
        assert_told(ran, code, "INDEXNET_HOME")
    assert ran.code == code, ran
    assert contents(tmp_path / "in") == before


@posix
def test_editing_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put into a folder called ~."""
    import platformdirs

    image, _ = save_pair(tmp_path)
    before = contents(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INDEXNET_HOME")
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_, **__: Path("~/.local/state"))
    assert_told(told("edit", image, "--no-browser"), 3, "Set INDEXNET_HOME")
    assert contents(tmp_path) == before


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A file system that nobody writes to, not even root."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=40k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_cache(
    read_only: Path,
    site: Site,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is bundled works; all else says where it cannot write."""
    image, trimap = save_pair(tmp_path)
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"\x80\x02" + bytes(1000))
    path, content = published(NAME)
    site.routes[path] = well(content)
    monkeypatch.setenv("INDEXNET_HOME", str(read_only))
    mask = tmp_path / "mask.png"
    mask.write_bytes(_mask())
    out = tmp_path / "o.png"
    assert told("matte", image, "--mask", mask, *KNOWN, "-o", out).code == 0
    for arguments, code in (
        (("weights", "pull", NAME), 4),
        (("weights", "add", UNPUBLISHED, brought), 4),
        (("matte", image, trimap, "--model", NAME, "-o", tmp_path / "p.png"), 4),
        (("edit", image, "--no-browser"), 3),
        (("matte", image, "--mask", mask, *KNOWN, "-o", read_only / "o.png"), 3),
    ):
        assert_told(told(*arguments), code, str(read_only))
    for arguments in (("weights", "list"), ("weights", "verify"), ("info",)):
        assert told(*arguments).code == 0
    assert not list(read_only.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        b"5",
        b"[]",
        b'{"do": []}',
        b'{"do": "paint", "name": "a", "part": 0, "level": [], "radius": 1, "points": [[1, 1]]}',
        b'{"do": "fill", "name": "a", "part": 0, "level": "unknown", "x": 1' + b"0" * 400 + b"}",
        b'{"saved": "photo_alpha.png"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_nonsense_in_the_journal_of_the_editor(tmp_path: Path, line: bytes) -> None:
    from indexnet_cli.editor.journal import EditJournal

    image, _ = save_pair(tmp_path)
    journal = EditJournal(image)
    journal.close()
    (journal.folder / "journal.jsonl").write_bytes(line + b"\n")
    edit = ("edit", image, "--no-browser")
    assert_told(told(*edit), 3, "journal.jsonl is damaged in line 1", "--fresh")


@pytest.mark.parametrize(
    "address",
    [b"5", b'{"port": 1e999, "token": ""}', b'{"port": 70000, "token": "' + b"x" * 32 + b'"}'],
)
def test_nonsense_in_place_of_the_editor_s_address(tmp_path: Path, address: bytes) -> None:
    from indexnet_cli.editor.journal import EditJournal

    image, _ = save_pair(tmp_path)
    with closing(EditJournal(image)) as journal:
        (journal.folder / "address.json").write_bytes(address)
        assert journal.address() is None


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\1\0v\0{'descr': '|u1'"])
def test_half_a_decoded_picture_in_the_cache(tmp_path: Path, content: bytes) -> None:
    """As a power cut leaves it: decoded anew. What killed workers left goes after an hour."""
    from indexnet_cli.datasets.decoded import DecodedStore

    image, _ = save_pair(tmp_path)
    store = DecodedStore(tmp_path / "decoded")
    pixels = store.colours(image).copy()
    (entry,) = store.folder.iterdir()
    entry.write_bytes(content or entry.read_bytes()[:-7])
    for name, age in ((".old.part", 7200), (".new.part", 0)):
        (store.folder / name).touch()
        os.utime(store.folder / name, (time.time() - age,) * 2)
    assert (DecodedStore(store.folder).colours(image) == pixels).all()
    assert {path.name for path in store.folder.iterdir()} == {entry.name, ".new.part"}
