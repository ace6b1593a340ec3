"""Where files are fetched: addresses in turn, redirects, mirrors, proxies, Google Drive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexnet_cli.checkpoints.downloading.fetching import fetch
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.errors import CheckpointError, UsageError
from tests.checkpoints import local_server as serve
from tests.checkpoints.local_server import Site

MakeEntry = Callable[..., Entry]
FILE = "/some.pth"
DRIVE = "https://drive.google.com/uc?export=download&id=abc"
CONFIRMATION = """<!DOCTYPE html><html><form id="other" action="/wrong"><input name="x"></form>
<form id="download-form" action="/confirmed" method="get"><input type="submit" value="Anyway"/>
<input type="hidden" name="id" value="abc"><input type="hidden" name="confirm" value="t&amp;u">
</form></html>"""


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


def test_offline(site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_OFFLINE", "1")
    with pytest.raises(CheckpointError, match="INDEXNET_OFFLINE is set") as raised:
        fetch(entry)
    assert "weights add some.net" in raised.value.hint
    assert not site.log


def test_by_hand_only(site: Site, make_entry: MakeEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INDEXNET_WEIGHTS_MIRROR")
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


def test_a_mirror_is_an_address(site: Site, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", "/mnt/weights")
    with pytest.raises(UsageError, match="INDEXNET_WEIGHTS_MIRROR"):
        fetch(entry)
