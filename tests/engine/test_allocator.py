"""The process keeps what it frees, so that the next region need not fetch it page by page."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, sys
from indexnet_cli.engine import allocator
if sys.argv[1]:
    getattr(allocator, sys.argv[1])()
for _ in range(10):
    [bytearray(b"x") * (int(sys.argv[2]) << 20) for _ in range(8)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""

COUNT_FREE = """
import torch
from indexnet_cli.engine.allocator import reuse_freed_memory
from indexnet_cli.engine.memory import MemoryBudget, resident_bytes
reuse_freed_memory()
cpu, limit = torch.device("cpu"), 4 << 30
[torch.ones(2 << 20) for _ in range(40)]  # 8 MiB each
before = limit - resident_bytes(cpu)
print((MemoryBudget(cpu, limit).free() - before) >> 20)
"""
needs_glibc = pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}), reason="not glibc"
)


def faults(setting: str, mebibytes: int) -> int:
    """Page faults of a process that takes and frees 8 blocks, 10 times."""
    command = [sys.executable, "-c", COUNT_FAULTS, setting, str(mebibytes)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@needs_glibc
def test_freed_memory_is_used_again() -> None:
    assert faults("reuse_freed_memory", 16) < faults("", 16) / 2


@needs_glibc
def test_blocks_of_any_size_are_used_again_while_training() -> None:
    assert faults("keep_all_memory", 48) < faults("reuse_freed_memory", 48) / 2


@needs_glibc
def test_a_limit_does_not_count_what_is_freed() -> None:
    """Else a second pass would find no memory, for the first one's is kept."""
    command = [sys.executable, "-c", COUNT_FREE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 200  # MiB of the 320
