"""A second of damaged files for every reader, new ones each day, and those that were found."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import make_targets

SECONDS = 1.5
NAMES = [
    "picture.png",
    "picture.jpg",
    "picture.tif",
    "picture.other",
    "trimap",
    "alpha",
    "checkpoint.zip",
    "checkpoint.pickle",
    "checkpoint.safetensors",
    "checkpoint.npz",
    "checkpoint.tar",
    "manifest",
    "list",
    "recipe",
    "journal",
    "cache.part",
    "cache.pins",
    "drive",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_reader(name: str, tmp_path: Path) -> None:
    targets = make_targets(tmp_path)
    assert list(targets) == NAMES
    seed = datetime.date.today().toordinal()
    tried, content, what = fuzz(targets[name], SECONDS, seed, tmp_path / "last")
    assert content is None, f"seed {seed}: {what}\n{content!r}"
    assert tried > 0
