"""What the device computes is what the processor computes, sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch

from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.on_device import DeviceCuts, finish, gather
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.errors import UsageError
from indexnet_cli.training.batches import batches
from indexnet_cli.training.data import open_data
from indexnet_cli.training.loop import Trainer
from indexnet_cli.training.recipe import load_recipe
from indexnet_cli.training.starting import Start
from tests.datasets import scenes as make

COUNT = 12
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
        ],
    ),
]


def opened(root: Path, sampling: str = "indexnet", crop: int = 32) -> SceneSamples:
    store = DecodedStore(root.parent / "decoded")
    samples = open_samples([root], sampling, 5, crop, store=store)
    assert isinstance(samples, SceneSamples)
    return samples


def over_large_photographs(root: Path) -> Path:
    make.make_cut_outs(root)
    make.make_photographs(root / "bg", 3, 100, 130)
    return root


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("sampling", ["indexnet", "indexnet-mmagic"])
@pytest.mark.parametrize(
    ("made", "crop"),
    [
        (make.make_cut_outs, 32),  # windows of 32, 48 and 64
        (make.make_cut_outs, 80),  # larger than the pictures: they are enlarged
        (over_large_photographs, 32),
        (make.make_plain, 32),
    ],
)
def test_as_on_the_processor(
    tmp_path: Path, made: Callable[[Path], Path], crop: int, sampling: str, device: str
) -> None:
    samples = opened(made(tmp_path / "data"), sampling, crop)
    cuts = DeviceCuts(samples)
    batch = finish(gather([cuts[i] for i in range(COUNT)]), crop, device)
    for number in range(COUNT):
        sample = samples[number]
        for name in ("image", "foreground", "background"):
            expected = getattr(sample, name)
            if expected is None:
                assert name not in batch
                continue
            found = batch[name][number].cpu().numpy().transpose(1, 2, 0)
            np.testing.assert_allclose(found, expected, atol=1 / 255)
        np.testing.assert_allclose(batch["alpha"][number, 0].cpu(), sample.alpha, atol=1 / 255)
        trimap = np.rint(255 * batch["trimap"][number, 0].cpu().numpy())
        np.testing.assert_array_equal(trimap, sample.trimap)
        np.testing.assert_array_equal(batch["unknown"][number, 0].cpu(), sample.trimap == 128)


def test_cuts_are_bytes_of_several_sizes(tmp_path: Path) -> None:
    cuts = DeviceCuts(opened(make.make_cut_outs(tmp_path / "data")))
    drawn = [cuts[i] for i in range(COUNT)]
    assert {cut["alpha"].shape[-1] for cut in drawn} == {32, 48, 64}
    assert all("image" not in cut and cut["foreground"].dtype == torch.uint8 for cut in drawn)


def test_a_data_loader_hands_them_over(tmp_path: Path) -> None:
    cuts = DeviceCuts(opened(make.make_cut_outs(tmp_path / "data")))
    first, second = batches(cuts, [range(3), range(3, 6)], workers=1)
    assert first["image"].shape == second["image"].shape == (3, 3, 32, 32)
    expected = finish(gather([cuts[4]]), 32, "cpu")["image"][0]
    torch.testing.assert_close(second["image"][1], expected)


def test_other_samplings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="indexnet-mmagic and deep-matting"):
        DeviceCuts(opened(make.make_cut_outs(tmp_path / "data"), "dim"))


def test_a_run_that_composes_on_the_device_takes_the_steps_of_one_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make.make_cut_outs(tmp_path / "data")
    settings = ["crop=64", "batch_size=4", "batch_norm=frozen", "steps=2", "seed=3"]
    finished = Mock(side_effect=finish)
    monkeypatch.setattr("indexnet_cli.training.batches.finish", finished)
    losses, composed = [], []
    for place in ("workers", "device"):
        recipe = load_recipe("indexnet", [*settings, f"compose_on={place}"])
        trainer = Trainer(
            recipe, open_data([root], recipe), tmp_path, torch.device("cpu"), Start(), workers=0
        )
        losses.append([outcome.loss for outcome in trainer.try_out(2)])
        composed.append(finished.call_count)
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert composed == [0, 2]
