"""The process keeps what it frees, so that the next region need not fetch it page by page."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, sys
from indexnet_cli.engine.allocator import reuse_freed_memory
if sys.argv[1] == "reuse":
    reuse_freed_memory()
for _ in range(10):
    [bytearray(b"x") * (16 << 20) for _ in range(8)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(mode: str) -> int:
    """Page faults of a process that takes and frees 8 times 16 MiB, 10 times."""
    command = [sys.executable, "-c", COUNT_FAULTS, mode]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}), reason="not glibc"
)
def test_freed_memory_is_used_again() -> None:
    assert faults("reuse") < faults("return") / 2
