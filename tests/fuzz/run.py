"""Feeds damaged files to every reader, and keeps those that one chokes on.

python -m tests.fuzz.run --minutes 6 --seed 1 --keep found/

Each reader runs in a process of its own with 6 GiB of address space. What counts as a finding: any
exception but the program's own errors, a process that dies, and an input that takes over 10 s of
processor time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import time
import traceback
import warnings
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from indexnet_cli.errors import IndexnetError
from tests.fuzz.mutation import mutate
from tests.fuzz.targets import Target, make_targets

SLOW = 10.0
ADDRESS_SPACE = 6 << 30


def fuzz(target: Target, seconds: float, seed: int, last: Path) -> tuple[int, bytes | None, str]:
    """Inputs tried, and the first that is a finding, with what happened.

    ``last`` holds the input at hand, for when the process dies by it.
    """
    rng, tried, stop = random.Random(seed), 0, time.monotonic() + seconds
    while time.monotonic() < stop:
        content = mutate(rng.choice(target.seeds), rng)
        last.write_bytes(content)
        begun = time.process_time()
        try:
            target.read(content)
        except IndexnetError:
            pass
        except Exception:
            return tried + 1, content, traceback.format_exc()
        tried += 1
        if time.process_time() - begun > SLOW:
            return tried, content, f"took {time.process_time() - begun:.0f} s"
    return tried, None, ""


def _work(name: str, seconds: float, seed: int, keep: Path, answers: SimpleQueue) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    warnings.simplefilter("ignore")
    last = keep / f"{name}.last"
    tried, content, what = fuzz(make_targets(keep / "scratch")[name], seconds, seed, last)
    if content is not None:
        (keep / f"{name}.{seed}").write_bytes(content)
    answers.put((tried, what))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("found"), help="folder of findings")
    parser.add_argument("--only", nargs="*", help="names of readers")
    options = parser.parse_args()
    (options.keep / "scratch").mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.fuzz.targets"])
    names = options.only or list(make_targets(options.keep / "scratch"))
    total = findings = 0
    for name in names:
        answers = context.SimpleQueue()
        seconds = 60 * options.minutes / len(names)
        arguments = (name, seconds, options.seed, options.keep, answers)
        process = context.Process(target=_work, args=arguments)
        process.start()
        process.join()
        tried, what = (0, f"died: {process.exitcode}") if answers.empty() else answers.get()
        total, findings = total + tried, findings + bool(what)
        print(json.dumps({"reader": name, "inputs": tried, "finding": what}), flush=True)
    print(json.dumps({"inputs": total, "findings": findings, "seed": options.seed}))


if __name__ == "__main__":
    main()
