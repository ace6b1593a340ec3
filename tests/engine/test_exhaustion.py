"""After one picture that found no memory the process mattes the next."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from indexnet_cli.engine.exhaustion import outlives_memory
from indexnet_cli.errors import DeviceError, InputError

# With no address space left the small maps find their place in what was freed, new kernels none.
MATTE_WITHOUT_AND_WITH_ROOM = """
import mmap, resource
import numpy as np
from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import DeviceError

def matte(side):
    trimap = np.full((side, side), 128, np.uint8)
    return matter.matte(np.zeros((side, side, 3), np.uint8), trimap)

matter = Matter(views=1, enlarge=False)
matte(64)
held = int(open("/proc/self/statm").read().split()[0]) * mmap.PAGESIZE
resource.setrlimit(resource.RLIMIT_AS, (held, resource.RLIM_INFINITY))
try:
    matte(160)
except DeviceError as error:
    print(error.message)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(matte(96).shape, matte(128).shape)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux only")
def test_a_process_that_once_found_no_room_for_a_kernel() -> None:
    command = [sys.executable, "-c", MATTE_WITHOUT_AND_WITH_ROOM]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == "out of memory\n(96, 96) (128, 128)\n", ran.stderr


def test_the_second_failure_is_tried_on_another_thread() -> None:
    """And on no thread but its own before the first."""
    threads: list[int] = []

    @outlives_memory
    def compute(succeeds_elsewhere: bool) -> str:
        threads.append(threading.get_ident())
        if succeeds_elsewhere and threading.get_ident() != own:
            return "done"
        raise RuntimeError("could not create a primitive")

    own = threading.get_ident()
    with pytest.raises(DeviceError, match="out of memory"):
        compute(True)
    assert threads == [own]
    assert compute(True) == "done"
    assert threads[1] == own
    assert threads[2] != own
    with pytest.raises(DeviceError, match="out of memory"):
        compute(False)


@pytest.mark.parametrize("error", [InputError("no picture"), RuntimeError("a mistake of ours")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    @outlives_memory
    def compute() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        compute()
