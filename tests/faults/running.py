"""Runs commands as processes, and says what a failure must look like."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cli.running import environment

FORKS = multiprocessing.get_context("forkserver")
# What costs seconds to import is imported once, before the commands are forked off.
FORKS.set_forkserver_preload(
    [
        "tests.faults.running",
        "indexnet_cli.cli.app",
        "indexnet_cli.engine.matter",
        "indexnet_cli.training.loop",
        "torch._dynamo",  # every optimiser of torch imports it
    ]
)


@dataclass(frozen=True)
class Ran:
    """How a process ended, and what it said."""

    code: int
    out: bytes
    err: str


def run(
    *arguments: str | Path | bytes,
    limits: Mapping[int, int] | None = None,
    prefix: tuple[str, ...] = (),
    changes: Mapping[str, str | None] | None = None,
    **options: object,
) -> Ran:
    """``python -m indexnet_cli`` from its beginning, with ``resource`` limits if any."""
    env: dict[str, str] = {**environment(), **{k: v for k, v in (changes or {}).items() if v}}
    for name, value in (changes or {}).items():
        if value is None:
            env.pop(name, None)

    def limit() -> None:
        _limit(limits or {})

    finished = subprocess.run(
        [*prefix, sys.executable, "-m", "indexnet_cli", *arguments],
        capture_output=not options.get("stdout"),
        stderr=subprocess.PIPE if options.get("stdout") else None,
        env=env,
        preexec_fn=limit if limits else None,
        check=False,
        timeout=300,
        **options,  # type: ignore[call-overload]
    )
    return Ran(finished.returncode, finished.stdout or b"", finished.stderr.decode())


class Command:
    """A command in a forked process that has torch already: started, left to be disturbed."""

    def __init__(self, folder: Path, *arguments: str | Path, **changes: str) -> None:
        """``changes`` of the environment; ``UNREAD`` names streams (out, err) that nobody reads."""
        folder.mkdir(parents=True, exist_ok=True)
        self._said = folder
        texts = [str(argument) for argument in arguments]
        self._process = FORKS.Process(target=_main, args=(folder, texts, dict(os.environ), changes))
        self._process.start()

    def send(self, number: int) -> None:
        assert self._process.pid is not None
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(self._process.pid, number)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Until something is so, or the process has ended."""
        while not condition() and self._process.is_alive():
            time.sleep(0.002)

    @property
    def has_begun(self) -> bool:
        return (self._said / "begun").exists()

    def end(self, timeout: float = 120) -> Ran:
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise AssertionError("the process hangs")
        out, err = (self._said / "out").read_bytes(), (self._said / "err").read_text()
        return Ran(self._process.exitcode, out, err)


def run_warm(
    folder: Path, *arguments: str | Path, limits: Mapping[int, int] | None = None, **changes: str
) -> Ran:
    """As ``run``, forked off; what it said is kept in ``folder``.

    A limit of the address space counts from what the process has at its start.
    """
    named = {f"LIMIT_{number}": str(value) for number, value in (limits or {}).items()}
    return Command(folder, *arguments, **changes, **named).end()


def _limit(limits: Mapping[int, int]) -> None:
    for number, value in limits.items():
        resource.setrlimit(number, (value, value))


def _main(folder: Path, arguments: list[str], env: dict[str, str], changes: dict[str, str]) -> None:
    limits = {k: changes.pop(k) for k in list(changes) if k.startswith("LIMIT_")}
    unread = changes.pop("UNREAD", "").split()
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        if name in unread:
            reading, writing = os.pipe()
            os.dup2(writing, descriptor)
            os.close(reading)
            os.close(writing)
    # Anew, for a stream that was opened on a file believes that it can seek.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.environ.clear()
    os.environ.update({**env, **changes})
    sys.argv = ["indexnet", *arguments]
    from indexnet_cli.cli.main import main

    (folder / "begun").touch()
    numbers = {int(name.removeprefix("LIMIT_")): int(value) for name, value in limits.items()}
    if resource.RLIMIT_AS in numbers:  # counts from what the libraries take
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        numbers[resource.RLIMIT_AS] += pages * resource.getpagesize()
    _limit(numbers)
    main()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        os.fsdecode(os.path.relpath(path, folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_told(ran: Ran, code: int, *words: str) -> None:
    """One error of one or two lines that holds ``words``, with its exit code, and nothing else."""
    assert ran.code == code, ran
    assert "Traceback" not in ran.err, ran.err
    lines = [line for line in ran.err.splitlines() if not line.startswith("warning:")]
    assert lines, ran
    start = next(index for index, line in enumerate(lines) if line.startswith("error: "))
    # How to fetch a checkpoint by hand takes one line more.
    by_hand = lines[-1].startswith("  and run `indexnet weights add")
    assert len(lines) - start <= 2 + by_hand, ran.err
    assert re.fullmatch(r"error: \S.{5,}", lines[start]), ran.err
    for word in words:
        assert word in ran.err, ran.err
