"""``indexnet weights list``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.wording import state, told_size
from indexnet_cli.models.plugins import plugin_entry_points
from indexnet_cli.models.registry import NOT_RUN

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry

HEADER = ("name", "here", "size", "terms", "scores as published")
NAMES = {"sad": "SAD", "mse": "MSE", "grad": "Grad", "conn": "Conn", "top1": "top-1"}


@reports_failures
def list_weights(json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """List the known checkpoints.

    Each with whether it is here, its size, terms, and scores as published.
    Those for matting come first, then the ImageNet encoders that training starts from. -v adds
    licence and source of each; --json has all that is known. Models of other packages, which
    bring their own weights or take --weights, are named at the end.

    Example: indexnet weights list -v
    """
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.manifest import load_manifest

    out = Output(verbose=verbose, json=json)
    entries = load_manifest().values()
    out.table(HEADER, [_row(entry) for entry in entries])
    if verbose:
        for entry in entries:
            out.text(f"\n{entry.name}\n  {entry.licence}\n  {entry.source}")
    _tell_of_models(entries, out)
    out.document(
        [
            {
                **asdict(entry),
                "state": state(entry),
                "path": str(entry_path(entry)),
                "cannot_run": NOT_RUN.get(entry.name),
            }
            for entry in entries
        ]
    )


def _tell_of_models(entries: Iterable[Entry], out: Output) -> None:
    """What cannot be run, and why; and what other packages add."""
    for entry in entries:
        if entry.name in NOT_RUN:
            out.text(f"\n{entry.name} cannot be run: {NOT_RUN[entry.name]}.")
    listed = {entry.model for entry in entries}
    for name, entry_point in plugin_entry_points().items():
        if name not in listed:
            package = entry_point.dist.name if entry_point.dist else entry_point.module
            out.text(f"\n{name} is a model of the package {package}.")


def _row(entry: Entry) -> tuple[str, ...]:
    terms = "non-commercial" if entry.non_commercial else re.split(r" \(|; ", entry.licence)[0]
    return entry.name, state(entry), told_size(entry), terms, _scores(entry)


def _scores(entry: Entry) -> str:
    if not entry.scores:
        return "-"
    values = [f"{NAMES[key]} {entry.scores[key]}" for key in NAMES if key in entry.scores]
    return f"{', '.join(values)} ({entry.scores['set']})"
