"""A checkpoint of the model that needs no trimap."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.golden.reading import read_json, seeded_aimnet_for_paths


@pytest.fixture(scope="session")
def aimnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of pseudo-weights with all that is peculiar to the published one."""
    state = seeded_aimnet_for_paths()
    for alias, canonical in read_json("aimnet_keys.json.gz")["aliases"].items():
        state[alias] = state[canonical]
    path = tmp_path_factory.mktemp("weights") / "aimnet_pretrained_matting.pth"
    torch.save({"state_dict": state}, path)
    return path
