"""A known checkpoint into the cache, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from indexnet_cli.checkpoints.cache import exclusive
from indexnet_cli.checkpoints.downloading.addresses import (
    OFFLINE,
    addresses,
    cannot_be_fetched,
    is_offline,
    mirror,
)
from indexnet_cli.checkpoints.downloading.partial import Partial
from indexnet_cli.checkpoints.downloading.session import Patience, TransferError, open_session
from indexnet_cli.checkpoints.downloading.transfer import Progress, transfer
from indexnet_cli.checkpoints.locating import entry_path
from indexnet_cli.checkpoints.manifest import Entry
from indexnet_cli.checkpoints.pins import Verdict, examine
from indexnet_cli.checkpoints.storing import keep, remove_leftovers

Tell = Callable[[str], None]
PATIENCE = Patience()
LARGEST = 4 << 30  # for a file of which no size is published


def fetch(
    entry: Entry,
    tell: Tell = lambda _line: None,
    on_progress: Progress = lambda _done, _total: None,
    patience: Patience | None = None,
) -> Path:
    """The file of ``entry`` in the cache, fetched and verified if it is not there yet.

    ``tell`` gets what people should know on the way (a pause, a resumption, another process),
    ``on_progress`` bytes so far and in all. A cached file that is not the published one is
    replaced. Raises ``CheckpointError`` that says how to get the file by hand.
    """
    path = entry_path(entry)
    if entry.bundled:
        return path
    with exclusive(
        entry.file, lambda: tell(f"another process is fetching {entry.name}; waiting for it")
    ):
        if path.is_file():
            if examine(path, entry).fits:
                return path
            tell(f"{path} is not the published file; it is fetched anew")
        if is_offline():
            raise cannot_be_fetched(entry, f"{OFFLINE} is set")
        with open_session(mirror()) as session:
            partial = Partial(path)
            download = _Download(entry, partial, session, tell, on_progress, patience or PATIENCE)
            try:
                keep(partial.path, entry, download.from_any(), tell)
                partial.clear()
                remove_leftovers(entry)
            except OSError as error:
                reason = error.strerror or str(error)
                raise cannot_be_fetched(entry, f"{partial.path}: {reason}") from error
    return path


def largest_size(entry: Entry) -> int:
    """The bytes that the file of ``entry`` can have, as far as anything is published of it."""
    if entry.bytes is not None:
        return entry.bytes
    return LARGEST if entry.megabytes is None else int(entry.megabytes * 1.5e6) + (1 << 20)


@dataclass(frozen=True)
class _Download:
    entry: Entry
    partial: Partial
    session: requests.Session
    tell: Tell
    on_progress: Progress
    patience: Patience

    def from_any(self) -> Verdict:
        """Fill ``partial`` from the first address that gives the published file."""
        problems: list[str] = []
        for url in addresses(self.entry):
            try:
                return self._verified(url)
            except TransferError as error:
                problems.append(str(error))
        why = "; ".join(dict.fromkeys(problems)) or "no address gives it to programs"
        raise cannot_be_fetched(self.entry, why)

    def _verified(self, url: str) -> Verdict:
        resumed = self.partial.size > 0
        if not self.partial.is_whole:
            self._patiently(url)
        verdict = examine(self.partial.path, self.entry)
        if verdict.fits:
            return verdict
        self.partial.clear()
        if resumed:
            self.tell("the resumed file is not the published one; starting anew")
            return self._verified(url)
        raise TransferError(
            f"what came from {url} is not the published file: {verdict.kind} {verdict.found}, "
            f"expected {verdict.expected}"
        )

    def _patiently(self, url: str) -> None:
        failures = 0
        while True:
            before = self.partial.size
            if before:
                self.tell(f"going on after {before:,} bytes")
            try:
                self._once(url)
                return
            except TransferError as error:
                failures = 1 if self.partial.size > before else failures + 1
                if not error.again or failures >= self.patience.attempts:
                    raise
                pause = self.patience.pause(failures, error.after)
                self.tell(f"{error}; trying again in {pause:g} s")
                time.sleep(pause)

    def _once(self, url: str) -> None:
        verified = self.entry.pin is not None
        most = largest_size(self.entry)
        transfer(self.session, url, self.partial, verified, self.patience, self.on_progress, most)
