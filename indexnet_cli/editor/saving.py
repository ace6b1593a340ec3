"""The files that the editor writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.editor.live_matte import LiveMatte
from indexnet_cli.editor.session import Session
from indexnet_cli.imaging.products import Matted, ProductStyle, write_product


@dataclass(frozen=True)
class Saving:
    """What is saved where; ``overwrite``: even where others have written."""

    outputs: Mapping[str, Path]
    style: ProductStyle
    overwrite: bool = False

    def save(self, session: Session, live: LiveMatte) -> list[Path]:
        """Write all products of the exact matte; their paths.

        Files of an earlier save are replaced. Raises UsageError for a file that is not ours,
        OutputError when one cannot be written, DeviceError when the matte cannot be computed.
        """
        trimap, alpha = live.exact()
        matted = Matted(session.picture, trimap, alpha, self.style.estimate)
        for kind, path in self.outputs.items():
            ours = self.overwrite or session.journal.was_saved(path)
            write_product(kind, matted, path, self.style, overwrite=ours)
            session.journal.note_saved(path)
        return list(self.outputs.values())
