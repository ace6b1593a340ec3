"""What a recipe draws of an open pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.errors import UsageError
from indexnet_cli.training.data import open_data
from indexnet_cli.training.recipe import load_recipe


def drawn(pack_folder: Path, *settings: str) -> OpenCompositions:
    recipe = load_recipe("open", ["validation_per_kind=1", "validation_crop=32", *settings])
    samples = open_data([pack_folder], recipe).samples(0, 32)
    assert isinstance(samples, OpenCompositions)
    return samples


def test_kinds_come_in_the_shares_that_a_recipe_gives(pack_folder: Path) -> None:
    samples = drawn(pack_folder, "kind_shares=smoke=0.5,blur=0.5")
    assert {samples[i].kind for i in range(12)} == {"smoke", "blur"}


def test_a_recipe_says_how_many_are_enlarged(pack_folder: Path) -> None:
    assert drawn(pack_folder).enlarged == 0.35
    assert OpenCompositions(Pack(pack_folder), 0, 32).enlarged == 0.35  # of `indexnet samples`
    assert drawn(pack_folder, "enlarged=0.1").enlarged == 0.1


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ("hat=0.5", "no kind of matte"),
        ("hair", "no kind of matte"),
        ("hair=many", "no kind of matte"),
        ("hair=-0.1", "no kind of matte"),
        ("hair=nan", "no kind of matte"),
        ("hair=0.7,fur=0.7", "add up to 1.4"),
        (",".join(f"{kind}=0.01" for kind in KINDS), "add up to 0.13"),
    ],
)
def test_shares_that_cannot_be_are_refused(pack_folder: Path, shares: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        drawn(pack_folder, f"kind_shares={shares}")


@pytest.mark.parametrize("setting", ["kind_shares=hair=0.5", "enlarged=0.1"])
def test_only_an_open_pack_is_sampled_so(tmp_path: Path, setting: str) -> None:
    with pytest.raises(UsageError, match="only an open pack"):
        open_data([tmp_path], load_recipe("finetune", [setting]))
