"""The entry point of ``indexnet``."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from types import FrameType

INTERRUPTED = 130


def _terminate(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # as an exception, so that temporary files are taken away


def _heed_signals() -> None:
    signal.signal(signal.SIGTERM, _terminate)
    # The terminal was closed; nohup has it ignored.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)


def _ignore_signals() -> None:
    # The work is done; an exception while Python ends would only be shown.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _occupy_closed_streams() -> None:
    """Open what stands for closed standard streams, so that no file gets their numbers.

    A library that prints would write into that file. Input and output are opened the wrong way
    round: using them still fails, and is told.
    """
    streams = (
        ("stdin", "r", os.O_WRONLY),
        ("stdout", "w", os.O_RDONLY),
        ("stderr", "w", os.O_RDWR),
    )
    for descriptor, (name, mode, flags) in enumerate(streams):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free: this one
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))
    # Bytes of file names that are no text come out as they are.
    sys.stdout.reconfigure(errors="surrogateescape")  # type: ignore[union-attr]


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _occupy_closed_streams()
    if sys.argv[1:] == ["--version"]:  # before anything else is imported
        from indexnet_cli import __version__

        print(f"indexnet {__version__}")
        return
    _heed_signals()
    if not sys.warnoptions:  # libraries warn programmers; people are told by this program itself
        warnings.simplefilter("ignore")
    try:
        from indexnet_cli.cli.app import app
        from indexnet_cli.engine.allocator import reuse_freed_memory

        reuse_freed_memory()
        app(prog_name="indexnet")
    except KeyboardInterrupt:  # before the command began
        print("error: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        _ignore_signals()
        gc.freeze()  # or Python searches torch's modules for garbage, for half a second, at exit


if __name__ == "__main__":
    main()
