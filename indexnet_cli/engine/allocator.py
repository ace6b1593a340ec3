"""How the process gets its memory from the system."""

from __future__ import annotations

import ctypes
import os

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_THRESHOLD = 32 << 20  # that glibc takes


def reuse_freed_memory() -> None:
    """Let this process keep what it frees for its next allocation; for programs, not libraries.

    glibc returns every large block to the system at once, and getting it again, page by page,
    takes a quarter of the time of a forward pass. Maps of a whole picture still go back, for
    they would leave holes. With other C libraries this does nothing.
    """
    if _has_glibc():
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def return_freed_memory() -> None:
    """Give what this process has freed and kept back to the system; nothing without glibc."""
    if _has_glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _has_glibc() -> bool:
    return "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {})
