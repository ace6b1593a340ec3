"""``indexnet weights pull``, and the same on the spot for a model that is asked for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.wording import state, told_size

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry


@reports_failures
def pull_weights(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="As `indexnet weights list` shows them."),
    ],
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Fetch checkpoints and verify them.

    They lie in the cache, then. An interrupted download goes on where it ended; a damaged file
    is replaced. INDEXNET_WEIGHTS_MIRROR names another server, INDEXNET_OFFLINE=1 forbids the
    network, HTTPS_PROXY is honoured.

    Example: indexnet weights pull indexnet.official
    """
    from indexnet_cli.checkpoints.manifest import find_entry

    out = Output(quiet=quiet, verbose=verbose, json=json)
    entries = [find_entry(name) for name in names]
    out.document([pull(entry, out) for entry in entries])


def pull(entry: Entry, out: Output) -> dict[str, Any]:
    """Fetch ``entry`` if it is not here, after a line with its size and licence; what was done."""
    from indexnet_cli.checkpoints.downloading.addresses import addresses
    from indexnet_cli.checkpoints.downloading.fetching import fetch
    from indexnet_cli.checkpoints.pins import file_digest

    before = state(entry)
    if before in ("bundled", "cached"):
        out.note(f"{entry.name} is {before}; its licence: {entry.licence}")
    else:
        hosts = [urlsplit(url).netloc for url in addresses(entry)[:1]]
        origin = f" from {hosts[0]}" if hosts else ""
        out.note(f"{entry.name}: {told_size(entry)}{origin}; licence: {entry.licence}")
    with out.download_progress(entry.name) as advance:
        path = fetch(entry, out.note, advance)
    if before not in ("bundled", "cached"):
        out.note(f"{entry.name} lies in {path}")
    return {
        "name": entry.name,
        "path": str(path),
        "bytes": path.stat().st_size,
        "sha256": file_digest(path, "sha256") if out.json else None,
        "before": before,
        "licence": entry.licence,
        "non_commercial": entry.non_commercial,
    }


def pull_if_missing(model: str | None, weights: str | None, out: Output) -> None:
    """Fetch the checkpoint that ``Matter(model, weights)`` asks for, if it is known and not here.

    ``model`` ``None`` is the default one. Raises as ``fetch`` and ``resolve_model``.
    """
    from indexnet_cli.checkpoints.locating import entry_for_model, named_entry
    from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

    if weights is None:
        spec = resolve_model(model or DEFAULT_MODEL)
        if spec.weights is not None:  # a plug-in brings them
            return
        entry = entry_for_model(spec.name)
    else:
        named = named_entry(weights)
        if named is None:
            return
        entry = named
    if state(entry) not in ("bundled", "cached"):
        pull(entry, out)
