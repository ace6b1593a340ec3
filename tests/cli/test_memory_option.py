from __future__ import annotations

from pathlib import Path

import pytest

from indexnet_cli.cli.memory_option import parse_memory
from indexnet_cli.errors import UsageError
from tests.cli.running import run, save_pair


@pytest.mark.parametrize(
    ("text", "expected"),
    [("auto", None), ("2GiB", 2 << 30), ("500 MB", 500 << 20), ("1.5g", 3 << 29), ("4096", 4096)],
)
def test_amounts(text: str, expected: int | None) -> None:
    assert parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "much", "-2GiB", "2 XB"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(UsageError, match="no amount of memory"):
        parse_memory(text)


def test_too_little_memory_ends_with_5(tmp_path: Path) -> None:
    image, trimap = save_pair(tmp_path)
    result = run("matte", image, trimap, "--memory", "1MiB")
    assert result.returncode == 5
    assert b"--memory" in result.stderr
