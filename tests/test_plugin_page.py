"""docs/plugins.md: the package on the page, installed, mattes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_model

from indexnet_cli.engine.matter import Matter
from tests.cli.running import ROOT, run, save_pair
from tests.plugins import code_block, install_models

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = ROOT / "docs" / "plugins.md"


def test_the_package_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_block(PAGE, "python")
    assert len(code.splitlines()) <= 45  # forty, and blank lines
    site = tmp_path / "site"
    project = tomllib.loads(code_block(PAGE, "toml"))["project"]
    install_models(site, project["entry-points"]["indexnet.models"], project["name"])
    (site / "my_matting.py").write_text(code)
    monkeypatch.syspath_prepend(site)
    import my_matting  # type: ignore[import-not-found]

    torch.manual_seed(0)
    network = my_matting.TinyMatting(16)
    save_model(network, str(site / "tiny.safetensors"))

    image, trimap = save_pair(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    done = run("matte", image, trimap, "--model", "tiny", "-o", tmp_path / "alpha.png", "-v")
    assert done.returncode == 0, done.stderr
    assert b"tiny.safetensors (plug-in)" in done.stderr

    levels = np.asarray(Image.open(trimap)).copy()
    levels[(levels > 25) & (levels < 230)] = 128
    matter = Matter.from_network(network, my_matting.TINY)
    expected = matter.matte(np.asarray(Image.open(image)), np.uint8(levels))
    found = np.asarray(Image.open(tmp_path / "alpha.png")).astype(int)
    assert np.abs(found - expected * 255).max() <= 1
    assert len(np.unique(found)) > 10
