"""Packages with models, as pip would leave them on the path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install_models(folder: Path, models: Mapping[str, str], package: str = "made-up") -> None:
    """The metadata of ``package`` in ``folder``: entry points by model name."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {target}" for name, target in models.items()]
    (info / "entry_points.txt").write_text("\n".join(["[indexnet.models]", *lines, ""]))


def code_block(page: Path, language: str) -> str:
    """The first block of ``language`` in a Markdown page."""
    _, _, rest = page.read_text(encoding="utf-8").partition(f"```{language}\n")
    return rest.partition("```")[0]
