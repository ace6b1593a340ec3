"""What ``-v`` and ``--json`` say of a matte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexnet_cli.cli.output import Output

if TYPE_CHECKING:
    from indexnet_cli.engine.matter import Matter


def told_of(matter: Matter, out: Output) -> dict[str, Any]:
    """What was used, for ``-v`` and ``--json``."""
    report, checkpoint = matter.report, matter.checkpoint
    assert checkpoint is not None
    entry = checkpoint.entry
    out.detail(f"model {report.model}, checkpoint {checkpoint.path} ({checkpoint.source})")
    out.detail(
        f"device {report.device}, precision {report.precision}, align {report.align}, "
        + (f"views {report.views}, " if report.views > 1 else "")
        + (f"scales {report.scales}, " if report.scales > 1 else "")
        + ("enlarged, " if report.enlarged else "")
        + ("fitted to colours, " if report.fit_colours else "")
        + (
            f"strategy {report.strategy}"
            if report.strategy
            else f"tiles {report.tiles}" + (f" of {report.tile} pixels" if report.tile else "")
        )
    )
    if report.tiles > 1 and not matter.spec.exact_tiles:
        out.warn(
            f"{report.model} looks at the whole picture, but memory sufficed for {report.tiles} "
            "overlapping parts only: the matte may differ a little"
        )
    return {
        "model": report.model,
        "checkpoint": {
            "name": checkpoint.name,
            "source": checkpoint.source,
            "path": str(checkpoint.path),
            "licence": entry.licence if entry else None,
            "non_commercial": entry.non_commercial if entry else None,
        },
        "device": report.device,
        "precision": report.precision,
        "align": report.align,
        "views": report.views,
        "scales": report.scales,
        "enlarged": report.enlarged,
        "fit_colours": report.fit_colours,
        "tiles": report.tiles,
        "tile": report.tile,
        "strategy": report.strategy,
    }
