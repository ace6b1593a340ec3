"""Downloads that are interrupted, and what is done with their beginnings."""

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
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.errors import CheckpointError
from tests.checkpoints import local_server as serve
from tests.checkpoints.local_server import Site
from tests.cli.running import environment

MakeEntry = Callable[..., Entry]
FILE = "/some.pth"

PROGRAM = """
import json, sys
from indexnet_cli.checkpoints.downloading.fetching import fetch
from indexnet_cli.checkpoints.manifest import parse_entry
fetch(parse_entry(json.loads(sys.argv[1])), lambda line: print(line, flush=True),
      lambda done, total: print("at", done, flush=True))
print("done", flush=True)
"""


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
    other = content[:2] + content[:1:-1]
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


def test_silence_is_not_waited_out(site: Site, entry: Entry, content: bytes, cached: Path) -> None:
    site.routes[FILE] = serve.in_turn(serve.drip(content, pieces=3, pause=1.5), serve.well(content))
    told: list[str] = []
    fetch(entry, told.append)
    assert cached.read_bytes() == content
    assert any("fell silent" in line for line in told)


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
