"""Where memory ends: what the user is told, and how the process goes on."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

from indexnet_cli.engine.allocator import return_freed_memory
from indexnet_cli.errors import is_out_of_memory, out_of_memory

P = ParamSpec("P")
R = TypeVar("R")

# Address space that a thread may take at its start: its stack, and glibc's heap for it.
_THREAD_BYTES = 144 << 20

_thread = threading.local()


def outlives_memory(compute: Callable[P, R]) -> Callable[P, R]:
    """Let ``compute`` raise ``DeviceError`` where no memory is left, and work when called again.

    A thread on which oneDNN once found no room for a kernel can compile none ever after (its
    assembler, Xbyak, keeps a thread's error until it is asked to forget it, and nobody asks; seen
    with oneDNN 3.12): every picture of a new size fails there, however small it is and however
    much memory there is again. So after a first failure the next is tried on a new thread too.
    """

    @wraps(compute)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        with _told():
            try:
                return compute(*args, **kwargs)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                failed_before = getattr(_thread, "failed", False)
                _thread.failed = True
                if not failed_before:
                    raise
            # Not before the error is gone, which holds on to what the attempt had in memory.
            return_freed_memory()
            _check_room_for_threads()
            with ThreadPoolExecutor(1) as afresh:
                return afresh.submit(compute, *args, **kwargs).result()

    return guarded


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise out_of_memory() from error
        raise


def _check_room_for_threads() -> None:
    """Raise ``MemoryError`` where not all threads may start: OpenMP ends the process then."""
    try:
        mmap.mmap(-1, _THREAD_BYTES * (1 + torch.get_num_threads())).close()
    except OSError as error:
        raise MemoryError from error
