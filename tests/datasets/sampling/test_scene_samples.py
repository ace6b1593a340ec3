"""Samples of every trainer: what belongs together, pure functions of seed and number."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling import open_scenes
from indexnet_cli.datasets.sampling.catalogue import SAMPLINGS
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.datasets.sources import open_samples
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimaps import UNKNOWN
from tests.datasets import scenes as make

CROP = 32
FITTING: list[tuple[str, Callable[[Path], Path], int]] = [
    # a sampling, a layout that it takes, samples in an epoch
    ("open", make.make_plain, 2),
    ("open", make.make_cut_outs, 200),
    ("indexnet", make.make_adobe, 4),
    ("indexnet", lambda root: make.make_adobe(root, listed=False), 200),
    ("deep-matting", make.make_plain, 2),
    ("indexnet-mmagic", make.make_adobe, 4),
    ("indexnet-mmagic-dimaug", make.make_cut_outs, 200),
    ("dim", make.make_dim, 3),
    ("aimnet-transfer", make.make_duts, 3),
    ("aimnet-matting", make.make_aim, 2 * 5 + 2 * 5 + 2 * 2),
    ("dim-chainer", make.make_chainer, 3),
]


def opened(root: Path, sampling: str, crop: int = CROP, seed: int = 3) -> SceneSamples:
    store = DecodedStore(root.parent / "decoded")
    source = open_samples([root], sampling, seed, crop, store=store)
    assert isinstance(source, SceneSamples)
    return source


def same(first: Sample, second: Sample) -> bool:
    arrays = ("image", "trimap", "alpha", "foreground", "background")
    return all(np.array_equal(getattr(first, a), getattr(second, a)) for a in arrays)


@pytest.mark.parametrize(("sampling", "made", "length"), FITTING)
def test_samples(tmp_path: Path, sampling: str, made: Callable[[Path], Path], length: int) -> None:
    root = made(tmp_path / "data")
    samples, again = opened(root, sampling), opened(root, sampling)
    other = opened(root, sampling, seed=4)
    assert len(samples) == length
    for number in (0, 1, length + 1):
        sample = samples[number]
        assert sample.image.shape == (CROP, CROP, 3)
        assert sample.alpha.shape == sample.trimap.shape == (CROP, CROP)
        assert sample.image.dtype == sample.alpha.dtype == np.float32
        assert -0.3 < sample.image.min() <= sample.image.max() < 1.3  # cubic resizing overshoots
        assert same(sample, again[number])
    assert not all(same(samples[i], other[i]) for i in range(3))
    assert not same(samples[0], samples[length])  # the next epoch is drawn anew


@pytest.mark.parametrize("sampling", ["indexnet", "indexnet-mmagic-dimaug", "dim"])
def test_the_composition_is_that_of_its_planes(tmp_path: Path, sampling: str) -> None:
    samples = opened(make.make_cut_outs(tmp_path / "data"), sampling)
    for number in range(6):
        sample = samples[number]
        assert sample.foreground is not None
        assert sample.background is not None
        alpha = sample.alpha[..., None]
        composed = alpha * sample.foreground + (1 - alpha) * sample.background
        # Resizing and rounding do not commute with composing; structure does.
        assert np.abs(composed - sample.image).mean() < 4 / 255


@pytest.mark.parametrize("sampling", ["indexnet", "indexnet-mmagic"])
def test_trimaps_hold_what_alpha_says(tmp_path: Path, sampling: str) -> None:
    samples = opened(make.make_plain(tmp_path / "data"), sampling, crop=48)
    for number in range(8):
        sample = samples[number]
        assert set(np.unique(sample.trimap)) <= {0, 128, 255}
        assert (sample.trimap == 128).any()
        known = sample.trimap != 128
        assert np.abs(sample.alpha - sample.trimap / 255)[known].max(initial=0) < 0.1


def test_photographs_without_foreground_colours(tmp_path: Path) -> None:
    sample = opened(make.make_duts(tmp_path / "data"), "aimnet-transfer")[0]
    assert sample.foreground is None
    assert sample.background is None


def test_an_epoch_shows_every_pair_once(tmp_path: Path) -> None:
    samples = opened(make.make_aim(tmp_path / "data"), "aimnet-matting")
    seen: list[tuple[str, str, str]] = []

    def spy(view: SceneView, _rng: np.random.Generator, _crop: int) -> Sample:
        assert view._background is not None
        seen.append((view.scene.kind, view.scene.name, view._background.name))
        return None  # type: ignore[return-value]

    watched = SceneSamples(
        samples.scenes,
        samples.backgrounds,
        type(samples.sampling)(spy, other_bags=5, bags={"AM2K": 2}),
        3,
        CROP,
        samples.store,
    )
    for number in range(2 * len(watched)):
        watched[number]
    first, second = seen[: len(watched)], seen[len(watched) :]
    assert first != second
    assert Counter(first) == Counter(second)
    per_scene = Counter((kind, name) for kind, name, _ in first)
    assert {per_scene["DIM", "a0"], per_scene["HATT", "a1"]} == {5}
    assert per_scene["AM2K", "a0"] == 2
    assert len({pair for pair in first if pair[:2] == ("DIM", "a0")}) == 5  # all different


def test_chainer_changes_its_trimaps_and_photographs(tmp_path: Path) -> None:
    samples = opened(make.make_chainer(tmp_path / "data"), "dim-chainer", crop=60)
    shares = [(samples[i].trimap == 128).mean() for i in range(6)]
    assert max(shares[:3]) < min(shares[3:])  # 5 pixels in the first epoch, 12 in the second
    assert samples[0].foreground is not None


def test_workers_get_a_source_by_pickling(tmp_path: Path) -> None:
    samples = opened(make.make_plain(tmp_path / "data"), "indexnet")
    samples[0]
    assert len(pickle.dumps(samples)) < 10_000  # no pixels of what is open already
    assert same(pickle.loads(pickle.dumps(samples))[1], samples[1])


@pytest.mark.parametrize(
    ("sampling", "made", "told"),
    [
        ("dim-chainer", make.make_duts, "trimap"),
        ("aimnet-transfer", make.make_cut_outs, "foreground alone"),
        ("no-such", make.make_plain, "no sampling"),
    ],
)
def test_data_that_does_not_fit(
    tmp_path: Path, sampling: str, made: Callable[[Path], Path], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        opened(made(tmp_path / "data"), sampling)


def test_foregrounds_need_photographs(tmp_path: Path) -> None:
    root = make.make_cut_outs(tmp_path / "data")
    for path in (root / "bg").iterdir():
        path.unlink()
    (root / "bg").rmdir()
    with pytest.raises(UsageError, match="no photographs"):
        opened(root, "indexnet")
    behind = make.make_photographs(tmp_path / "coco")
    store = DecodedStore(tmp_path / "decoded")
    assert len(open_samples([root], "indexnet", 0, CROP, behind, store=store)) == 200


def test_the_test_set_is_the_validation_split(tmp_path: Path) -> None:
    root, store = make.make_adobe(tmp_path / "data"), DecodedStore(tmp_path / "decoded")
    held_out = open_samples([root], "indexnet", 0, CROP, split="validation", store=store)
    assert isinstance(held_out, SceneSamples)
    assert [scene.name for scene in held_out.scenes] == ["t_0", "t_1"]


def test_open_sampling_of_folders_holds_some_back(tmp_path: Path) -> None:
    root, store = make.make_plain(tmp_path / "data", 40), DecodedStore(tmp_path / "decoded")
    parts = [
        open_samples([root], "open", 0, 32, split=s, store=store) for s in ("train", "validation")
    ]
    names = [
        {scene.name for scene in part.scenes} for part in parts if isinstance(part, SceneSamples)
    ]
    assert len(names[0] | names[1]) == 40
    assert not names[0] & names[1]
    assert names[1]


def test_every_sampling_is_tested() -> None:
    assert {name for name, _, _ in FITTING} == set(SAMPLINGS)


def test_some_trimaps_of_the_open_recipe_say_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = opened(make.make_cut_outs(tmp_path / "data"), "open")
    drawn = [samples[i] for i in range(60)]
    monkeypatch.setattr(open_scenes, "leave_out", lambda _rng, trimap: trimap)
    less = 0
    for sample, whole in zip(drawn, (samples[i] for i in range(60)), strict=True):
        known = sample.trimap != UNKNOWN
        assert np.array_equal(sample.trimap[known], whole.trimap[known])
        less += not np.array_equal(sample.trimap, whole.trimap)
    assert 2 <= less <= 24
