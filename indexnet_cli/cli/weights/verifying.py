"""``indexnet weights verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexnet_cli.cli.failures import reports_failures
from indexnet_cli.cli.options import JsonOption, QuietOption, VerboseOption
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.weights.wording import state
from indexnet_cli.errors import CheckpointError

if TYPE_CHECKING:
    from indexnet_cli.checkpoints.manifest import Entry


@reports_failures
def verify_weights(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Checkpoints; without it, all that are here."),
    ] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Check the files here against their hashes.

    A file for which no hash is published is pinned as it is, if it was not before. Ends with
    exit code 4 if a file differs or a NAME is not here.

    Examples:

      indexnet weights verify

      indexnet weights verify indexnet.official
    """
    from indexnet_cli.checkpoints.manifest import find_entry, load_manifest

    out = Output(quiet=quiet, verbose=verbose, json=json)
    if names:
        entries = [find_entry(name) for name in names]
    else:
        entries = [e for e in load_manifest().values() if state(e) in ("bundled", "cached")]
    results = [_verify(entry, out) for entry in entries]
    out.table(("name", "result", "compared by"), [_row(result) for result in results])
    out.document(results)
    wrong = [result["name"] for result in results if result["result"] != "right"]
    if wrong:
        raise CheckpointError(
            f"not as published: {', '.join(wrong)}",
            f"fetch them again with `indexnet weights pull {' '.join(wrong)}`",
        )


def _verify(entry: Entry, out: Output) -> dict[str, Any]:
    from indexnet_cli.checkpoints.locating import entry_path
    from indexnet_cli.checkpoints.pins import examine
    from indexnet_cli.checkpoints.storing import pin_first_use

    path = entry_path(entry)
    told: dict[str, Any] = {"name": entry.name, "path": str(path)}
    if not path.is_file():
        return {**told, "result": "not here", "compared_by": None}
    verdict = examine(path, entry)
    pin_first_use(entry, verdict, out.note)
    return {
        **told,
        "result": "right" if verdict.fits else "differs",
        "compared_by": verdict.kind,
        "found": verdict.found,
        "expected": verdict.expected,
    }


def _row(result: dict[str, Any]) -> tuple[str, str, str]:
    return result["name"], result["result"], result["compared_by"] or "-"
