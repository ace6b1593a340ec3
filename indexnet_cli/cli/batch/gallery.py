"""``indexnet batch --gallery``: one page of all pictures and their mattes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from indexnet_cli.batch.pairing import Guide
    from indexnet_cli.batch.planning import Item
    from indexnet_cli.imaging.products import ProductStyle


def check_gallery(page: Path, style: ProductStyle, watch: bool, overwrite: bool) -> None:
    """Raise before any work for a page that could not be written after it."""
    from indexnet_cli.imaging.placing import check_place

    if watch:
        raise UsageError("A gallery is made at the end, and --watch has none.", "Leave one out.")
    if "alpha" not in style.kinds:
        raise UsageError("The gallery shows mattes.", "Add alpha to --save.")
    check_place(page, overwrite)


def write_gallery(
    page: Path, items: list[Item], output: Path, guide: Guide, max_pixels: int, overwrite: bool
) -> None:
    """Write the page over what lies in ``output``. Raises OutputError."""
    from indexnet_cli.batch.gallery import gallery_page
    from indexnet_cli.imaging.placing import place_file

    title = f"Mattes in {output.absolute().name}"
    place_file(gallery_page(items, title, guide, max_pixels), page, overwrite)
