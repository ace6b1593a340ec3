"""Downloads from a server on this machine, in every state that a server can be in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexnet_cli.checkpoints.downloading.fetching import fetch
from indexnet_cli.checkpoints.first_use import recorded_pin
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.checkpoints.pins import file_digest
from indexnet_cli.errors import CheckpointError, UsageError
from tests.checkpoints import local_server as serve
from tests.checkpoints.local_server import Site
from tests.cli.running import environment

MakeEntry = Callable[..., Entry]
FILE = "/some.pth"
DRIVE = "https://drive.google.com/uc?export=download&id=abc"
CONFIRMATION = """<!DOCTYPE html><html><form id="other" action="/wrong"><input name="x"></form>
<form id="download-form" action="/confirmed" method="get"><input type="submit" value="Anyway"/>
<input type="hidden" name="id" value="abc"><input type="hidden" name="confirm" value="t&amp;u">
</form></html>"""


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


def test_cut_off_half_way(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.in_turn(serve.cut_off(content, 150_000), serve.well(content))
    told: list[str] = []
    fetch(entry, told.append)
    assert cached.read_bytes() == content
    assert site.ranges == [None, "bytes=131072-"]
    assert any("trying again" in line for line in told)
    assert any("going on after 131,072 bytes" in line for line in told)


def test_cut_off_again_and_again(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.cut_off(content, 10)
    with pytest.raises(CheckpointError, match="broke the connection off"):
        fetch(entry)
    assert len(site.log) == 3
    assert not cached.exists()


def test_ranges_ignored(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.in_turn(
        serve.cut_off(content, 150_000), serve.without_ranges(content)
    )
    fetch(entry)
    assert cached.read_bytes() == content
    assert site.ranges[1] is not None


def test_the_file_changes_in_between(
    site: Site, make_entry: MakeEntry, content: bytes, cached: Path
) -> None:
    """If-Range makes the server send the new file from its beginning."""
    other = content[::-1]
    site.routes[FILE] = serve.in_turn(serve.cut_off(other, 150_000), serve.well(content))
    fetch(make_entry(pin=None))
    assert cached.read_bytes() == content


def test_a_wrong_rest_is_found_out(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    """Without validators, only the pin shows that beginning and rest do not fit."""
    cached.parent.mkdir(parents=True)
    (cached.parent / "some.pth.part").write_bytes(b"x" * 1000)
    origin = {"url": site.url + FILE, "validator": None, "total": len(content)}
    (cached.parent / "some.pth.part.json").write_text(json.dumps(origin))
    site.routes[FILE] = serve.well(content, validator=False)
    fetch(entry)
    assert cached.read_bytes() == content
    assert site.ranges == ["bytes=1000-", None]


def test_without_pin_and_validator_nothing_is_resumed(
    site: Site, make_entry: MakeEntry, content: bytes, cached: Path
) -> None:
    cached.parent.mkdir(parents=True)
    (cached.parent / "some.pth.part").write_bytes(b"x" * 1000)
    origin = {"url": site.url + FILE, "validator": None, "total": len(content)}
    (cached.parent / "some.pth.part.json").write_text(json.dumps(origin))
    site.routes[FILE] = serve.well(content, validator=False)
    fetch(make_entry(pin=None))
    assert site.ranges == [None]
    assert cached.read_bytes() == content


@pytest.mark.parametrize("beyond", [0, 7])
def test_a_whole_or_too_long_part(
    site: Site, entry: Entry, content: bytes, cached: Path, beyond: int
) -> None:
    """Killed between the last byte and its place; or a longer file shrank on the server."""
    cached.parent.mkdir(parents=True)
    (cached.parent / "some.pth.part").write_bytes(content + b"x" * beyond)
    origin = {"url": site.url + FILE, "validator": serve.tag(content), "total": len(content)}
    (cached.parent / "some.pth.part.json").write_text(json.dumps(origin))
    site.routes[FILE] = serve.well(content)
    fetch(entry)
    assert cached.read_bytes() == content
    assert len(site.log) == (2 if beyond else 0)


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
    with pytest.raises(CheckpointError, match="bytes 281602, expected 5"):
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


def test_silence_is_not_waited_out(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.in_turn(serve.drip(content, pieces=3, pause=1.5), serve.well(content))
    told: list[str] = []
    fetch(entry, told.append)
    assert cached.read_bytes() == content
    assert any("fell silent" in line for line in told)


def test_redirects(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.redirect("/elsewhere")
    site.routes["/elsewhere"] = serve.well(content)
    fetch(entry)
    assert cached.read_bytes() == content


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://localhost:9/some.pth", "not encrypted"),
        ("file:///etc/passwd", "not encrypted"),
        (FILE, "without end"),
    ],
)
def test_redirects_that_are_not_followed(site: Site, entry: Entry, target: str, said: str) -> None:
    site.routes[FILE] = serve.redirect(target)
    with pytest.raises(CheckpointError, match=said):
        fetch(entry)


def test_the_next_address(
    site: Site, make_entry: MakeEntry, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", site.url + "/{url}")
    names = [f"https://{number}.example/some.pth" for number in ("one", "two", "three")]
    site.routes |= {
        f"/{names[0]}": serve.status_of(404),
        f"/{names[1]}": serve.well(b"something else"),
        f"/{names[2]}": serve.well(content),
    }
    assert fetch(make_entry(urls=names)).read_bytes() == content
    assert [path for path, _ in site.log] == [f"/{name}" for name in names]


def test_google_drive(
    site: Site, make_entry: MakeEntry, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", site.url + "/{url}")
    site.routes["/https://drive.google.com/uc"] = serve.page(CONFIRMATION)
    site.routes["/confirmed"] = serve.in_turn(serve.cut_off(content, 70_000), serve.well(content))
    assert fetch(make_entry(urls=[DRIVE])).read_bytes() == content
    assert site.log[1] == ("/confirmed?id=abc&confirm=t%26u", None)
    assert site.log[3] == ("/confirmed?id=abc&confirm=t%26u", "bytes=65536-")


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<html><title>Google Drive - Quota exceeded</title></html>", "try tomorrow"),
        ("<html>Sign in</html>", "a web page"),
    ],
)
def test_google_drive_refuses(
    site: Site, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch, html: str, said: str
) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", site.url + "/{url}")
    site.routes["/https://drive.google.com/uc"] = serve.page(html)
    with pytest.raises(CheckpointError, match=said):
        fetch(make_entry(urls=[DRIVE]))


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


def test_a_damaged_cache_is_mended(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content[:100])
    site.routes[FILE] = serve.well(content)
    fetch(entry)
    assert cached.read_bytes() == content


def test_offline(site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="INDEXNET_OFFLINE is set") as raised:
        fetch(entry)
    assert "weights add some.net" in raised.value.hint
    assert not site.log


def test_by_hand_only(make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDEXNET_WEIGHTS_MIRROR", raising=False)
    place = {"url": "http://somewhere.example/x", "note": "password abcd"}
    with pytest.raises(CheckpointError, match="no address gives it to programs") as raised:
        fetch(make_entry(urls=[], manual=[place]))
    assert "http://somewhere.example/x (password abcd)" in raised.value.hint


def test_nobody_listens(site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(CheckpointError, match=r"127\.0\.0\.1:9 cannot be reached"):
        fetch(entry)


def test_a_proxy_that_is_not_there(
    site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", "https://mirror.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(CheckpointError, match=r"proxy on the way to mirror\.example"):
        fetch(entry)


@pytest.mark.parametrize(
    ("mirror", "path"),
    [("/a", "/a/some.pth"), ("/a/", "/a/some.pth"), ("/?f={file}", "/?f=some.pth")],
)
def test_mirrors(
    site: Site,
    entry: Entry,
    content: bytes,
    monkeypatch: pytest.MonkeyPatch,
    mirror: str,
    path: str,
) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", site.url + mirror)
    site.routes[path.partition("?")[0]] = serve.well(content)
    fetch(entry)
    assert site.log[0][0] == path


def test_a_mirror_is_an_address(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", "/mnt/weights")
    with pytest.raises(UsageError, match="INDEXNET_WEIGHTS_MIRROR"):
        fetch(entry)


def test_a_cache_that_cannot_be_written(entry: Entry, own_home: Path) -> None:
    own_home.write_text("a file where the folder should be")
    with pytest.raises(CheckpointError, match="cannot be written") as raised:
        fetch(entry)
    assert "INDEXNET_HOME" in raised.value.hint


PROGRAM = """
import json, sys
from indexnet_cli.checkpoints.downloading.fetching import fetch
from indexnet_cli.checkpoints.manifest import parse_entry
fetch(parse_entry(json.loads(sys.argv[1])), lambda line: print(line, flush=True),
      lambda done, total: print("at", done, flush=True))
print("done", flush=True)
"""


def start_fetching(entry: Entry) -> subprocess.Popen[str]:
    fields = {
        "name": entry.name,
        "model": entry.model,
        "file": entry.file,
        "bundled": False,
        "urls": entry.urls,
        "layout": entry.layout,
        "licence": entry.licence,
        "non_commercial": True,
        "source": entry.source,
        "bytes": None,
        "pin": entry.pin,
        "scores": None,
    }
    command = [sys.executable, "-c", PROGRAM, json.dumps(fields)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_and_resumed(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.in_turn(serve.drip(content, 20, 0.2), serve.well(content))
    with start_fetching(entry) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("at 131072"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    part = cached.with_name("some.pth.part")
    have = part.stat().st_size
    assert 65536 <= have < len(content)
    assert not cached.exists()
    fetch(entry)
    assert cached.read_bytes() == content
    assert site.ranges == [None, f"bytes={have}-"]


def test_two_at_once_fetch_once(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.drip(content, pieces=10, pause=0.3)
    told: list[str] = []
    with start_fetching(entry) as process:
        while not site.log:
            time.sleep(0.01)
        thread = threading.Thread(target=fetch, args=(entry, told.append))
        thread.start()
        output, _ = process.communicate(timeout=20)
        thread.join(timeout=20)
    assert output.splitlines()[-1] == "done"
    assert any("another process is fetching some.net" in line for line in told)
    assert cached.read_bytes() == content
    assert len(site.log) == 1
