"""Runs the command line, within this process or as its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from typer.testing import CliRunner, Result

from indexnet_cli.cli.app import app

ROOT = Path(__file__).parents[2]


def invoke(*arguments: str | Path, **options: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def environment(**changes: str) -> dict[str, str]:
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **changes}


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[Any]:
    command = [sys.executable, "-m", "indexnet_cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=environment(), check=False, **options)


def save_pair(folder: Path, width: int = 48, height: int = 40) -> tuple[Path, Path]:
    """A photograph and its trimap as files."""
    rng = np.random.default_rng(3)
    image, trimap = folder / "photo.jpg", folder / "trimap.png"
    Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(image)
    levels = np.full((height, width), 128, np.uint8)
    levels[:8], levels[-8:], levels[20, :7] = 0, 255, 200
    Image.fromarray(levels).save(trimap)
    return image, trimap
