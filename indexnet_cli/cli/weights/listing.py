"""``indexnet weights list``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.wording import state, told_size

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry

HEADER = ("name", "here", "size", "terms", "scores as published")


@reports_failures
def list_weights(json: JsonOption = False, verbose: VerboseOption = False) -> None:
    """Every known checkpoint: whether it is here, its size, terms and published scores.

    Those for matting first, then the ImageNet encoders that training starts from. -v adds the
    licence and the source of each; --json has all that is known.
    """
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.manifest import load_manifest

    out = Output(verbose=verbose, json=json)
    entries = load_manifest().values()
    out.table(HEADER, [_row(entry) for entry in entries])
    if verbose:
        for entry in entries:
            out.text(f"\n{entry.name}\n  {entry.licence}\n  {entry.source}")
    out.document(
        [
            {**asdict(entry), "state": state(entry), "path": str(entry_path(entry))}
            for entry in entries
        ]
    )


def _row(entry: Entry) -> tuple[str, ...]:
    terms = "non-commercial" if entry.non_commercial else entry.licence.partition(" (")[0]
    return entry.name, state(entry), told_size(entry), terms, _scores(entry)


def _scores(entry: Entry) -> str:
    if not entry.scores:
        return "-"
    values = [f"{key} {value}" for key, value in entry.scores.items() if key != "set"]
    return f"{', '.join(values)} ({entry.scores['set']})"
