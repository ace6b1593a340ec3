"""The entry point of ``indexnet``."""

from __future__ import annotations

import signal
import sys
from types import FrameType

TERMINATED = 143


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(TERMINATED)  # as an exception, so that temporary files are taken away


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # before anything else is imported
        from indexnet_cli import __version__

        print(f"indexnet {__version__}")
        return
    signal.signal(signal.SIGTERM, _terminate)
    from indexnet_cli.cli.app import app
    from indexnet_cli.engine.allocator import reuse_freed_memory

    reuse_freed_memory()

    app(prog_name="indexnet")


if __name__ == "__main__":
    main()
