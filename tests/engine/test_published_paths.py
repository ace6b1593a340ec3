"""``--align resize`` gives the grey levels of the published inference programs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from indexnet_cli.checkpoints.conversion import from_openmmlab
from indexnet_cli.engine.matter import Matter
from indexnet_cli.models.registry import build_network, resolve_model
from tests.golden.reading import (
    read_arrays,
    read_configurations,
    read_json,
    seeded_tensors,
)

GOLDEN = read_arrays("full_path.npz")
SIZES = ("64x96", "97x131", "150x201")


def grey_levels(matter: Matter, size: str) -> np.ndarray:
    alpha = matter.matte(GOLDEN[f"image_{size}"], GOLDEN[f"trimap_{size}"])
    return np.rint(alpha * 255).astype(int)


def assert_same_levels(found: np.ndarray, expected: np.ndarray) -> None:
    difference = np.abs(found - expected.astype(int))
    assert difference.max() <= 1
    assert (difference == 0).mean() >= 0.995


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("golden", "gain"), [("official", 1), ("official_gain3", 3)])
def test_official_grey_levels(
    size: str, golden: str, gain: int, seeded_state_dict: dict[str, torch.Tensor]
) -> None:
    spec = resolve_model("indexnet.official")
    network = build_network(spec)
    last = {"pred.1.weight": gain * seeded_state_dict["pred.1.weight"]}
    network.load_state_dict({**seeded_state_dict, **last})
    found = grey_levels(Matter.from_network(network, spec, align="resize"), size)
    assert_same_levels(found, GOLDEN[f"{golden}_{size}"])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tag", ["openmmlab", "openmmlab-dimaug"])
def test_openmmlab_grey_levels(size: str, tag: str) -> None:
    shapes = {key: (shape, dtype) for key, shape, dtype in read_configurations()["m2o_nl1_c1"].keys}
    pairs = read_json("indexnet_openmmlab_keys.json.gz")
    their_keys = [[other, *shapes[official]] for official, other in pairs]
    spec = resolve_model(f"indexnet.{tag}")
    network = build_network(spec)
    network.load_state_dict(from_openmmlab(seeded_tensors(their_keys)))
    found = grey_levels(Matter.from_network(network, spec, align="resize"), size)
    assert_same_levels(found, GOLDEN[f"{tag}_{size}"])
