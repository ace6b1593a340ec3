"""Errors as two lines and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer

from indexnet_cli.cli.output import say_error
from indexnet_cli.errors import IndexnetError

P = ParamSpec("P")
R = TypeVar("R")

DEVICE_FAILURE = 5
INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell reports for a program that ended by SIGPIPE


def reports_failures(command: Callable[P, R]) -> Callable[P, R]:
    """Let ``command`` end with DESIGN's exit codes; its ``verbose`` argument adds tracebacks."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = command(*args, **kwargs)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            _end_quietly()
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, typer.Exit):
                raise
            _fail(error, verbose=bool(kwargs.get("verbose")))

    return guarded


def _end_quietly() -> NoReturn:
    # Python flushes standard output once more at exit: into nothing.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(BROKEN_PIPE)


def _fail(error: BaseException, verbose: bool) -> NoReturn:
    told = _as_told(error)
    if told is None:
        raise error
    message, hint, code = told
    if verbose and code != INTERRUPTED:
        traceback.print_exception(error)
    say_error(message, hint)
    raise typer.Exit(code) from None


def _as_told(error: BaseException) -> tuple[str, str, int] | None:
    """Message, hint and exit code of an error that a user can meet; ``None`` for a bug."""
    if isinstance(error, IndexnetError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "", INTERRUPTED
    kind, text = type(error).__name__, str(error).lower()
    if (
        isinstance(error, MemoryError)
        or kind == "OutOfMemoryError"
        or "not enough memory" in text
        or "can't allocate memory" in text
    ):
        return "out of memory", "close other programs, or use a smaller picture", DEVICE_FAILURE
    if kind == "AcceleratorError":
        return f"the device failed: {str(error).splitlines()[0]}", "", DEVICE_FAILURE
    return None
