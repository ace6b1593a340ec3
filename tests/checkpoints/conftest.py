"""A server on this machine in place of the world, and a checkpoint that it may have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexnet_cli.checkpoints.downloading import fetching
from indexnet_cli.checkpoints.downloading.session import Patience
from indexnet_cli.checkpoints.manifest import Entry, parse_entry
from tests.checkpoints.local_server import Site, serving

HASTY = Patience(attempts=3, first_pause=0.01, longest_pause=0.05, connecting=2, silence=0.5)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The local server; the only place from which anything is fetched."""
    monkeypatch.setattr(fetching, "PATIENCE", HASTY)
    with serving() as served:
        monkeypatch.setenv("INDEXNET_WEIGHTS_MIRROR", served.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("INDEXNET_OFFLINE")
        yield served


@pytest.fixture(scope="session")
def content() -> bytes:
    """Some chunks of bytes, the last not full; they begin as a pickle does."""
    return b"\x80\x02" + bytes(range(256)) * 1100


@pytest.fixture
def make_entry(content: bytes) -> Callable[..., Entry]:
    def make(**changes: object) -> Entry:
        fields = {
            "name": "some.net",
            "model": "some.net",
            "file": "some.pth",
            "bundled": False,
            "urls": ["https://one.example/some.pth"],
            "layout": "official",
            "licence": "non-commercial use only",
            "non_commercial": True,
            "source": "here",
            "bytes": None,
            "pin": {"sha256": hashlib.sha256(content).hexdigest()},
            "scores": None,
        }
        return parse_entry({**fields, **changes})

    return make


@pytest.fixture
def entry(make_entry: Callable[..., Entry]) -> Entry:
    return make_entry()


@pytest.fixture
def cached(own_home: Path) -> Path:
    """Where the file of ``entry`` will lie."""
    return own_home / "weights" / "some.pth"
