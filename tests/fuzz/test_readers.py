"""A second of damaged files for every reader, new ones each day, and those that were found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import make_targets

SECONDS = 1.5
SEED = 20261121  # the same every time: new ones are for `python -m tests.fuzz.run`
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
    "edits",
    "cache.pins",
    "drive",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_reader(name: str, tmp_path: Path) -> None:
    targets = make_targets(tmp_path)
    assert list(targets) == NAMES
    tried, content, what = fuzz(targets[name], SECONDS, SEED, tmp_path / "last")
    assert content is None, f"{what}\n{content!r}"
    assert tried > 0
