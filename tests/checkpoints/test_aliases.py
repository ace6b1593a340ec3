"""AimNet's published checkpoints hold the encoder twice."""

from __future__ import annotations

from pathlib import Path

import torch

from indexnet_cli.checkpoints.aliases import canonical_key, without_aliases
from indexnet_cli.checkpoints.reading import read_state_dict
from tests.golden.reading import read_json


def test_every_published_alias_is_known() -> None:
    published = read_json("aimnet_keys.json.gz")
    for key, _shape, _dtype in published["keys"]:
        assert canonical_key(key) == published["aliases"].get(key, key)


def test_the_alias_counts_where_the_two_differ(tmp_path: Path) -> None:
    first, second, other = torch.zeros(2), torch.ones(2), torch.full((3,), 5.0)
    state = {
        "module.resnet.layer1.0.bn1.bias": first,
        "module.encoder1.0.0.bn1.bias": second,
        "module.decoder_final_g.bias": other,
    }
    torch.save({"state_dict": state}, tmp_path / "aimnet.pth")
    read = read_state_dict(tmp_path / "aimnet.pth")
    assert list(read) == ["resnet.layer1.0.bn1.bias", "decoder_final_g.bias"]
    assert torch.equal(read["resnet.layer1.0.bn1.bias"], second)


def test_other_models_keep_their_keys() -> None:
    state = {"encoder0.0.weight": 1, "layer0.0.weight": 2}
    assert without_aliases(state) == state
