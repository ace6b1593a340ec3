"""The scripts that print our figures run, here on pictures too small for figures."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def bench(monkeypatch, capsys):
    def bench(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(BENCHMARKS / name), run_name="__main__")
        return capsys.readouterr().out

    return bench


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


@pytest.mark.skipif(not hasattr(__import__("os"), "sched_getaffinity"), reason="Linux only")
def test_batch(bench):
    said = bench("batch.py", "--count", "3", "--side", "64")
    assert "3 pictures of 64^2" in said
    wall = figure(r"([\d.]+) s wall", said)
    assert wall > 0
    assert figure(r"ratio ([\d.]+)", said) > 0.5
    known = bench("batch.py", "--count", "20", "--side", "16", "--known")
    assert "ratio" not in known
    assert figure(r"([\d.]+) MiB at the end", known) > 1


def test_editor(bench, monkeypatch, tmp_path):
    monkeypatch.setenv("INDEXNET_HOME", str(tmp_path))  # restored, as the script sets its own
    said = bench(
        "editor.py", "--strokes", "1", "--width", "160", "--height", "96", "--length", "20"
    )
    assert 0 < figure(r"preview: median ([\d.]+)", said) <= figure(r"exact: median ([\d.]+)", said)
