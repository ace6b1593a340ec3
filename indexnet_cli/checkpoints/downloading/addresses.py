"""Where a checkpoint is fetched, as the environment has it, and what people can do instead."""

from __future__ import annotations

import os

from indexnet_cli.checkpoints.manifest import Address, Entry
from indexnet_cli.errors import CheckpointError, UsageError

OFFLINE = "INDEXNET_OFFLINE"
MIRROR = "INDEXNET_WEIGHTS_MIRROR"


def is_offline() -> bool:
    """Whether the user forbids the network."""
    return os.environ.get(OFFLINE, "").lower() not in ("", "0", "false", "no")


def mirror() -> str | None:
    """The mirror that the user names. Raises ``UsageError`` if it is no address."""
    address = os.environ.get(MIRROR, "").strip()
    if address and not address.startswith(("https://", "http://")):
        raise UsageError(f"{MIRROR} is {address!r}", "it starts with https:// or http://")
    return address or None


def addresses(entry: Entry) -> tuple[str, ...]:
    """The addresses to try for ``entry``, in order.

    A mirror stands for all published ones: ``{url}`` in it becomes the published address,
    ``{file}`` the file name; without either, the file name is appended.
    """
    chosen = mirror()
    if chosen is None:
        return entry.urls
    if "{url}" in chosen:
        return tuple(chosen.replace("{url}", url) for url in entry.urls)
    pattern = chosen if "{file}" in chosen else chosen.rstrip("/") + "/{file}"
    return (pattern.replace("{file}", entry.file),)


def by_hand(entry: Entry) -> str:
    """How people get ``entry`` without this program's help."""
    places = [str(place) for place in (*map(Address, entry.urls), *entry.manual)]
    return (
        f"download it by hand from {' or '.join(places)}\n"
        f"  and run `indexnet weights add {entry.name} FILE`"
    )


def cannot_be_fetched(entry: Entry, why: str) -> CheckpointError:
    """The error for an ``entry`` that does not come, with the other way to get it."""
    return CheckpointError(f"{entry.name} cannot be fetched: {why}", by_hand(entry))
