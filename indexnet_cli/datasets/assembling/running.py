"""Make a whole set on all cores: how much disk it takes, then all that is not made yet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from indexnet_cli.batch.journal import Journal
from indexnet_cli.batch.pipeline import run_pipeline
from indexnet_cli.datasets.assembling.making import Maker
from indexnet_cli.datasets.assembling.plan import Composition
from indexnet_cli.errors import IndexnetError, InputError, OutputError, UsageError
from indexnet_cli.imaging.opening import MAX_PIXELS, identify, open_source, own_size_limit
from indexnet_cli.imaging.placing import place_file

_JOURNAL = "-composite"
_PROBES = 3
_MARGIN = 1.05


@dataclass
class Assembled:
    """What became of the compositions; ``failures`` by the file that is at fault."""

    made: int = 0
    done_before: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def estimate_bytes(maker: Maker, compositions: Sequence[Composition]) -> int:
    """About how many bytes the files that are not there yet will take, from three of them.

    Raises InputError if none of the three can be read.
    """
    probes = compositions[:: max(len(compositions) // _PROBES, 1)][:_PROBES]
    sizes, pixels = 0, 0
    problem: InputError | None = None
    for probe in probes:
        try:
            made = maker.make(probe)
        except InputError as error:
            problem = error  # told with its composition, if the others can be made
            continue
        sizes += sum(len(data) for data in maker.encode(probe, made).values())
        pixels += made.alpha.size
    if problem is not None and not pixels:
        raise problem
    areas = {path: _area(path) for path in {c.foreground for c in compositions}}
    rest = sum(areas[c.foreground] for c in compositions if not _is_there(maker, c))
    return round(sizes / max(pixels, 1) * rest)


def without_own(compositions: Sequence[Composition], folder: Path) -> list[Composition]:
    """The same, where a trimap that an earlier run has drawn does not count as a given one."""
    own = {path.resolve() for path in Journal(folder, _JOURNAL).own()}
    return [
        replace(made, trimap=None) if made.trimap and made.trimap.resolve() in own else made
        for made in compositions
    ]


def check_room(maker: Maker, wanted: int) -> int:
    """How many bytes are free where the set goes. Raises OutputError where they do not suffice."""
    place = maker.folder.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if wanted * _MARGIN > free:
        raise OutputError(
            f"{maker.folder}: the set takes about {gigabytes(wanted)}, "
            f"but only {gigabytes(free)} are free.",
            "Choose another disk with -o, or train on the fly: `indexnet train` needs no "
            "composed set.",
        )
    return free


def gigabytes(count: int) -> str:
    """A number of bytes for people: ``98.3 GB``."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def assemble(
    maker: Maker,
    compositions: Sequence[Composition],
    threads: int,
    overwrite: bool = False,
    on_done: Callable[[], None] = lambda: None,
) -> Assembled:
    """Make every composition that is not recorded as made of the very same inputs.

    A picture that cannot be read ends its compositions only. Raises UsageError for a file in the
    way that no run of this wrote (unless ``overwrite``), OutputError when nothing can be written.
    """
    told = Assembled()
    with Journal(maker.folder, _JOURNAL) as journal:
        if not overwrite:
            _refuse_strangers(maker, compositions, journal)

        def load(composition: Composition) -> dict[Path, bytes] | None:
            if journal.is_done(maker.outputs(composition), maker.work(composition)):
                return None
            return maker.encode(composition, maker.make(composition))

        def save(composition: Composition, files: dict[Path, bytes] | None) -> bool:
            if files is None:
                return False
            _write(journal, maker, composition, files)
            return True

        steps = run_pipeline(
            compositions, load, lambda _item, files: files, save, threads, 2 * threads
        )
        with closing(steps) as outcomes:
            for outcome in outcomes:
                _tell(told, outcome.item, outcome.result, outcome.error)
                on_done()
    return told


def _write(
    journal: Journal, maker: Maker, composition: Composition, files: dict[Path, bytes]
) -> None:
    outputs = maker.outputs(composition)
    journal.begin(outputs)
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        place_file(data, path, overwrite=True)
    journal.finish(outputs, maker.work(composition))


def _tell(
    told: Assembled, composition: Composition, written: bool | None, error: Exception | None
) -> None:
    if isinstance(error, OutputError) or (error and not isinstance(error, IndexnetError)):
        raise error  # a full disk, or a mistake of ours: the rest would fail alike
    if isinstance(error, IndexnetError):
        told.failures[composition.name] = error.message
    elif written:
        told.made += 1
    else:
        told.done_before += 1


def _refuse_strangers(maker: Maker, compositions: Sequence[Composition], journal: Journal) -> None:
    own = set(journal.own())
    for composition in compositions:
        for path in maker.outputs(composition).values():
            if path not in own and path.exists():
                raise UsageError(
                    f"{path} exists already, and no run of this command has written it.",
                    "Choose another -o, or replace such files with --overwrite.",
                )


def _is_there(maker: Maker, composition: Composition) -> bool:
    return all(path.exists() for path in maker.outputs(composition).values())


def _area(path: Path) -> int:
    with own_size_limit(), open_source(path, MAX_PIXELS) as handle:
        return int(np.prod(identify(handle, str(path), MAX_PIXELS).size))
