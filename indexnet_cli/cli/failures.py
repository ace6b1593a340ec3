"""Errors as two lines and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer

from indexnet_cli.cli.output import say_error
from indexnet_cli.errors import IndexnetError, OutputError, is_out_of_memory, out_of_memory

P = ParamSpec("P")
R = TypeVar("R")

UNREADABLE_OR_UNWRITABLE = 3
DEVICE_FAILURE = 5
INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell reports for a program that ended by SIGPIPE


def reports_failures(command: Callable[P, R]) -> Callable[P, R]:
    """Let ``command`` end with DESIGN's exit codes; its ``verbose`` argument adds tracebacks."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            try:
                result = command(*args, **kwargs)
                _flush_output()
                return result
            except BrokenPipeError:
                raise
            except (Exception, KeyboardInterrupt) as error:
                if isinstance(error, typer.Exit):
                    raise
                _fail(error, verbose=bool(kwargs.get("verbose")))
        except BrokenPipeError:
            _drop_output()
            raise typer.Exit(BROKEN_PIPE) from None

    return guarded


def _flush_output() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"standard output cannot be written: {error.strerror}.", "Send it elsewhere."
        ) from error


def _drop_output() -> None:
    # Python flushes standard output and error once more at exit: into nothing.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fail(error: BaseException, verbose: bool) -> NoReturn:
    told = as_told(error)
    if told is None:
        raise error
    message, hint, code = told
    if verbose and code != INTERRUPTED:
        traceback.print_exception(error)
    say_error(message, hint)
    _drop_output()
    raise typer.Exit(code) from None


def as_told(error: BaseException) -> tuple[str, str, int] | None:
    """Message, hint and exit code of an error that a user can meet; ``None`` for a bug."""
    if is_out_of_memory(error):
        error = out_of_memory()
    if isinstance(error, IndexnetError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "", INTERRUPTED
    if type(error).__name__ == "AcceleratorError":
        return f"the device failed: {str(error).splitlines()[0]}", "", DEVICE_FAILURE
    if isinstance(error, OSError):
        return _as_told_by_the_system(error)
    return None


def _as_told_by_the_system(error: OSError) -> tuple[str, str, int]:
    reason = error.strerror or str(error)
    message = reason if error.filename is None else f"{error.filename}: {reason}"
    if error.errno == errno.EMFILE:
        return message, "allow more open files (ulimit -n)", UNREADABLE_OR_UNWRITABLE
    hint = "check the path, its permissions and the space that is left"
    return message, hint, UNREADABLE_OR_UNWRITABLE
