"""Compositions: pure in (seed, index), consistent, and different between the splits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from indexnet_cli.datasets.colours import colour_pieces
from indexnet_cli.datasets.contact_sheet import contact_sheet
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.datasets.sample import Sample


def _bytes(sample: Sample) -> list[bytes]:
    return [np.asarray(value).tobytes() for value in astuple(sample)]


def test_sample_is_a_pure_function_of_seed_and_index(pack: Pack, pack_folder: Path) -> None:
    first, second = OpenCompositions(pack, 5, 64), OpenCompositions(Pack(pack_folder), 5, 64)
    forwards = [_bytes(first[i]) for i in range(6)]
    backwards = [_bytes(second[i]) for i in reversed(range(6))]
    assert forwards == backwards[::-1]


def test_seed_index_and_split_matter(pack: Pack) -> None:
    kinds = ["blur"]
    images = [
        OpenCompositions(pack, 1, 64, kinds=kinds)[0].image,
        OpenCompositions(pack, 1, 64, kinds=kinds)[1].image,
        OpenCompositions(pack, 2, 64, kinds=kinds)[0].image,
        OpenCompositions(pack, 1, 64, "validation", kinds=kinds)[0].image,
    ]
    assert len({image.tobytes() for image in images}) == len(images)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_consistent(pack: Pack, kind: str) -> None:
    compositions = OpenCompositions(pack, 0, 96, kinds=[kind])
    for i in range(5):
        sample = compositions[i]
        assert sample.kind == kind
        assert sample.alpha.shape == sample.trimap.shape == (96, 96)
        assert sample.trimap.dtype == np.uint8
        assert (sample.trimap == 128).any()
        assert np.all(sample.alpha[sample.trimap == 255] == 1)
        assert np.all(sample.alpha[sample.trimap == 0] == 0)
        for picture in (sample.image, sample.foreground, sample.background):
            assert picture.shape == (96, 96, 3)
            assert picture.dtype == np.float32
            assert picture.min() >= 0
            assert picture.max() <= 1


def test_undamaged_images_are_compositions(pack: Pack) -> None:
    compositions = OpenCompositions(pack, 0, 64)
    compositions.enlarged = 0.0
    errors = []
    for i in range(20):
        sample = compositions[i]
        alpha = sample.alpha[..., None]
        composed = alpha * sample.foreground + (1 - alpha) * sample.background
        errors.append(float(np.abs(composed - sample.image).mean()))
    assert min(errors) < 1e-6
    assert max(errors) < 0.1


def test_contact_sheet(pack: Pack) -> None:
    compositions = OpenCompositions(pack, 0, 64)
    sheet = contact_sheet([compositions[i] for i in range(3)], columns=2)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * (64 + 4), 2 * (4 * 64 + 8), 3)


def test_something_with_structure_of_its_own_stands_behind_some(pack: Pack) -> None:
    plain, others = (OpenCompositions(pack, 0, 64, kinds=["blur"]) for _ in range(2))
    others.distractors = 1.0
    plain.distractors = 0.0
    assert not np.array_equal(plain[0].background, others[0].background)


def test_pieces_differ_in_colour_from_each_other() -> None:
    pieces = np.repeat(np.arange(4, dtype=np.uint8) * 10, 16)[None].repeat(64, axis=0)
    grey = np.full((64, 64, 3), 120, np.uint8)
    seen = set()
    for seed in range(12):
        painted = colour_pieces(np.random.default_rng(seed), grey, pieces)
        seen.add(len(np.unique(painted[32, 8::16], axis=0)))
    assert 1 in seen  # left as they are, now and then
    assert max(seen) == 4


def test_light_mixes_another_picture_of_the_same_layers(pack: Pack) -> None:
    by_program, by_light = (OpenCompositions(pack, 0, 64, kinds=["blur"]) for _ in range(2))
    by_program.in_light, by_light.in_light = 0.0, 1.0
    for i in range(3):
        one, other = by_program[i], by_light[i]
        assert np.array_equal(one.alpha, other.alpha)
        assert np.array_equal(one.foreground, other.foreground)
        assert not np.array_equal(one.image, other.image)


def test_shares_of_kinds_can_be_others(pack: Pack) -> None:
    drawn = OpenCompositions(pack, 0, 64, kinds=["blur", "smoke", "fur"], shares={"smoke": 0.9})
    assert [drawn[i].kind for i in range(20)].count("smoke") > 12
    only = OpenCompositions(pack, 0, 64, kinds=["blur", "smoke"], shares={"smoke": 1.0})
    assert {only[i].kind for i in range(10)} == {"smoke"}


def test_some_colours_that_a_cut_out_brings_are_changed(pack: Pack) -> None:
    own, other = (OpenCompositions(pack, 0, 64, kinds=["pack_fg"]) for _ in range(2))
    assert 0 < own.recoloured < 1
    assert OpenCompositions(pack, 0, 64, "validation").recoloured == 0
    own.recoloured, other.recoloured = 1e-9, 1.0  # not 0: the draw itself is made in both
    own.enlarged = other.enlarged = 0.0
    for i in range(4):
        assert np.array_equal(own[i].alpha, other[i].alpha)
        assert not np.array_equal(own[i].foreground, other[i].foreground)


def without_and_with(pack: Pack, option: str) -> tuple[OpenCompositions, OpenCompositions]:
    """Compositions of which none is as ``option`` says, and the same of which all are."""
    none, all_ = (OpenCompositions(pack, 0, 64, kinds=["text_shape"]) for _ in range(2))
    assert 0 < getattr(none, option) < 0.2
    assert getattr(OpenCompositions(pack, 0, 64, "validation"), option) == 0
    setattr(none, option, 1e-9)  # not 0: the draw itself is made in both
    setattr(all_, option, 1.0)
    none.enlarged = all_.enlarged = 0.0
    return none, all_


def test_some_are_nowhere_quite_solid_but_nearly(pack: Pack) -> None:
    plain, thinner = without_and_with(pack, "nearly_solid")
    solid = 0
    for i in range(6):
        whole, thin = plain[i].alpha, thinner[i]
        assert not (thin.trimap == 255).any()
        assert np.all(thin.alpha[whole == 0] == 0)
        solid += np.count_nonzero(whole == 1)
        assert np.all(thin.alpha[whole == 1] > 0.75)
    assert solid > 0


def trimaps_without_and_with(pack: Pack, option: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Two trimaps of the same picture, the second as ``option`` says."""
    without, with_it = without_and_with(pack, option)
    for i in range(6):
        assert np.array_equal(without[i].image, with_it[i].image)
        yield without[i].trimap, with_it[i].trimap


def test_some_say_nothing_of_the_foreground_beside_known_background(pack: Pack) -> None:
    gone = 0
    for known, left in trimaps_without_and_with(pack, "unmarked"):
        assert np.array_equal(known == 0, left == 0)
        if (known == 0).any():
            assert not (left == 255).any()
            gone += np.count_nonzero(known == 255)
        else:
            assert np.array_equal(known, left)
    assert gone > 0


def test_some_trimaps_end_before_the_picture_does(pack: Pack) -> None:
    gone = 0
    for known, left in trimaps_without_and_with(pack, "short_of_the_edge"):
        assert np.array_equal(left[left != 128], known[left != 128])
        gone += np.count_nonzero(known != 128) - np.count_nonzero(left != 128)
    assert gone > 0
