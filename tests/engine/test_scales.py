from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from indexnet_cli.engine import blocks, scales
from indexnet_cli.engine.colour_fit import fit_picture
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.scales import (
    DEEP,
    ENLARGED_AREA,
    FINE_REACH,
    NEAR,
    REACH,
    Scene,
    add_coarse,
    add_fine,
    check_scales,
    enlarged,
)
from indexnet_cli.engine.views import MIRRORED_AREA
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import resolve_model

SPEC = resolve_model("indexnet.open")


def wide_trimap(height: int, width: int) -> np.ndarray:
    """Unknown all over but for a block of foreground and a strip of background."""
    trimap = np.full((height, width), 128, np.uint8)
    trimap[height // 2 :, :20] = 255
    trimap[:9] = 0
    return trimap


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def smooth(height: int, width: int) -> np.ndarray:
    plane = cv2.resize(noise(4, 5), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(plane, 0, 1).astype(np.float32)


def joined(alpha: np.ndarray, coarse: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    alpha = np.where(trimap == 128, alpha, trimap / 255).astype(np.float32)
    add_coarse(alpha, coarse, trimap)
    return alpha


@pytest.mark.parametrize("size", [(300, 221), (301, 220)])
@pytest.mark.parametrize("block", [64, 100])
def test_blocks_come_out_as_the_whole(
    monkeypatch: pytest.MonkeyPatch, block: int, size: tuple[int, int]
) -> None:
    height, width = size
    fine, coarse = smooth(height, width), 1 - smooth(-(-height // 2), -(-width // 2))
    trimap = wide_trimap(height, width)
    expected = joined(fine, coarse, trimap)
    assert np.abs(expected - fine)[trimap == 128].max() > 0.2
    monkeypatch.setattr(blocks, "BLOCK", block)
    np.testing.assert_allclose(joined(fine, coarse, trimap), expected, rtol=0, atol=1e-5)


def test_a_pixel_depends_on_what_is_in_reach() -> None:
    fine, coarse, trimap = smooth(400, 300), 1 - smooth(200, 150), wide_trimap(400, 300)
    expected = joined(fine, coarse, trimap)
    far = np.s_[:, 150 + REACH + 1 :]
    fine[far], trimap[far] = 1, 255
    found = joined(fine, coarse, trimap)
    np.testing.assert_allclose(found[:, :151], expected[:, :151], rtol=0, atol=1e-6)
    assert (found[far] == 1).all()


def test_the_coarse_matte_counts_far_from_known_pixels_only() -> None:
    trimap = np.full((200, 240), 128, np.uint8)
    trimap[:, :40] = 0
    fine, coarse = np.full((200, 240), 0.2, np.float32), np.full((100, 120), 0.8, np.float32)
    row = joined(fine, coarse, trimap)[100]
    assert (row[:40] == 0).all()
    np.testing.assert_allclose(row[40 : 40 + NEAR - 1], 0.2, atol=1e-6)
    np.testing.assert_allclose(row[40 + DEEP :], 0.8, atol=1e-2)
    assert (np.diff(row[40 + NEAR : 40 + DEEP]) > 0).all()


def test_detail_stays_as_the_fine_matte_has_it() -> None:
    trimap = np.full((200, 200), 128, np.uint8)
    strands = np.zeros((200, 200), np.float32)
    strands[:, ::4] = 1
    kept = joined(strands, np.full((100, 100), 0.9, np.float32), trimap)
    assert np.abs(kept - strands).max() < 0.02
    # A little of it is no reason to keep all: the mean moves, the detail stays on top of it.
    ripple = 0.3 + 0.02 * strands
    moved = joined(ripple, np.full((100, 100), 0.7, np.float32), trimap)
    assert moved.mean() > 0.5
    np.testing.assert_allclose(np.ptp(moved[100, 60:140]), 0.02, atol=0.01)


def test_what_the_fine_matte_is_surer_of_stays() -> None:
    trimap = np.full((200, 240), 128, np.uint8)
    opaque, doubtful = np.ones((200, 240), np.float32), np.full((100, 120), 0.6, np.float32)
    np.testing.assert_allclose(joined(opaque, doubtful, trimap), 1, atol=1e-6)
    empty = np.zeros((100, 120), np.float32)  # as sure, and it sees more
    np.testing.assert_allclose(joined(opaque, empty, trimap), 0, atol=1e-6)


def test_equal_mattes_join_to_the_same() -> None:
    fine = smooth(160, 140)
    coarse = cv2.resize(fine, (70, 80), interpolation=cv2.INTER_AREA)
    trimap = wide_trimap(160, 140)
    expected = np.where(trimap == 128, fine, trimap / 255)
    np.testing.assert_allclose(joined(fine, coarse, trimap), expected, atol=0.02)


def test_halves_are_means_and_know_what_all_pixels_say() -> None:
    image = np.arange(130 * 129 * 3, dtype=np.uint16).reshape(130, 129, 3)
    trimap = np.full((130, 129), 128, np.uint8)
    trimap[:4, :3] = 255
    trimap[:2, 4] = 255  # beside unknown pixels
    trimap[4:6, 0], trimap[4:6, 1] = 255, 0  # foreground that meets background
    full, half = scales.scenes(image, trimap, 2)
    assert full.image is image
    assert half.image.shape == (65, 65, 3)
    expected = image[6:8, 10:12].mean((0, 1))
    np.testing.assert_allclose(half.image[3, 5], expected, rtol=0, atol=0.5)
    np.testing.assert_allclose(half.image[3, 64], image[6:8, 128].mean(0), rtol=0, atol=0.5)
    known = np.full((65, 65), 128, np.uint8)
    known[:2, 0] = 255
    np.testing.assert_array_equal(half.trimap, known)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_colours_of_any_depth_are_halved(dtype: type) -> None:
    image = noise(140, 150, 3).astype(dtype)[::-1]
    half = scales.scenes(image, np.full((140, 150), 128, np.uint8), 2)[1].image
    np.testing.assert_allclose(half[4, 5], image[8:10, 10:12].mean((0, 1)), atol=1e-3)


def refined(alpha: np.ndarray, fine: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    known = trimap.repeat(2, 0).repeat(2, 1)
    alpha = np.where(trimap == 128, alpha, trimap / 255).astype(np.float32)
    add_fine(alpha, np.where(known == 128, fine, known / 255).astype(np.float32), trimap)
    return alpha


@pytest.mark.parametrize("block", [64, 100])
def test_blocks_are_refined_as_the_whole(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    alpha, fine, trimap = smooth(301, 220), noise(602, 440), wide_trimap(301, 220)
    expected = refined(alpha, fine, trimap)
    assert np.abs(expected - alpha)[trimap == 128].max() > 0.2
    monkeypatch.setattr(blocks, "BLOCK", block)
    np.testing.assert_allclose(refined(alpha, fine, trimap), expected, rtol=0, atol=1e-5)


def test_a_refined_pixel_depends_on_what_is_in_reach() -> None:
    alpha, fine, trimap = smooth(200, 300), noise(400, 600), wide_trimap(200, 300)
    expected = refined(alpha, fine, trimap)
    alpha[:, 150 + FINE_REACH + 1 :] = fine[:, 2 * (150 + FINE_REACH + 1) :] = 0.5
    found = refined(alpha, fine, trimap)
    np.testing.assert_allclose(found[:, :151], expected[:, :151], rtol=0, atol=1e-6)
    assert np.abs(found[:, 151:] - expected[:, 151:]).max() > 0.1


def test_strands_are_as_the_enlarged_matte_has_them() -> None:
    trimap = np.full((120, 120), 128, np.uint8)
    strands = np.zeros((240, 240), np.float32)
    strands[:, ::8] = strands[:, 1::8] = 1  # of one pixel, every fourth
    found = refined(np.full((120, 120), 0.25, np.float32), strands, trimap)
    assert found[60, 60] > 0.8
    assert found[60, 62] < 0.1


def test_without_detail_the_enlarged_matte_does_not_count() -> None:
    trimap = np.full((120, 120), 128, np.uint8)
    broad = np.full((120, 120), 0.2, np.float32)
    flat = np.full((240, 240), 0.9, np.float32)
    np.testing.assert_allclose(refined(broad, flat, trimap), 0.2, atol=1e-4)


def test_the_enlarged_matte_counts_less_the_more_it_differs_on_the_whole() -> None:
    trimap = np.full((120, 120), 128, np.uint8)
    strands = np.zeros((240, 240), np.float32)
    strands[:, ::8] = strands[:, 1::8] = 1
    near, far = (refined(np.full((120, 120), m, np.float32), strands, trimap) for m in (0.25, 0.9))
    assert np.ptp(near[60, 40:80]) > 2 * np.ptp(far[60, 40:80])


def test_what_the_full_size_is_surer_of_is_not_refined() -> None:
    trimap = np.full((120, 120), 128, np.uint8)
    pattern = np.full((240, 240), 0.8, np.float32)
    pattern[:, ::8] = pattern[:, 1::8] = 0.3
    opaque = refined(np.ones((120, 120), np.float32), pattern, trimap)
    np.testing.assert_allclose(opaque, 1, atol=1e-6)
    doubtful = refined(np.full((120, 120), 0.7, np.float32), pattern, trimap)
    assert np.ptp(doubtful[60, 40:80]) > 0.2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
def test_pictures_of_any_depth_are_enlarged(dtype: type) -> None:
    top = 1 if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).max
    image = (noise(7, 9, 3) > 0.5).astype(np.float64)
    trimap = np.array([[0, 128, 255] * 3] * 7, np.uint8)
    found = enlarged(Scene((image * top).astype(dtype), trimap))
    assert found.image.shape == (14, 18, 3)
    assert found.image.min() == 0
    assert found.image.max() == top
    np.testing.assert_array_equal(found.trimap[::2, ::2], trimap)
    np.testing.assert_array_equal(found.trimap[1::2, 1::2], trimap)
    means = found.image.reshape(7, 2, 9, 2, 3).mean((1, 3)) / top
    np.testing.assert_allclose(means, image, atol=0.35)


@pytest.mark.parametrize(
    ("size", "known", "count"),
    [
        ((600, 700), None, 3),
        ((200, 700), None, 2),  # a quarter would be too small
        ((120, 700), None, 1),
        ((600, 560), 4 + 2 * NEAR, 1),  # no pixel is far from the stripes of known ones
        ((600, 560), 4 + 4 * NEAR - 2, 2),  # at half the size none is
    ],
)
def test_smaller_sizes_are_looked_at_where_they_count(
    size: tuple[int, int], known: int | None, count: int
) -> None:
    trimap = np.full(size, 128, np.uint8)
    if known is not None:
        trimap[:, np.arange(size[1]) % known < 4] = 0
    found = scales.scenes(np.zeros((*size, 3), np.uint8), trimap, 3)
    assert len(found) == count


class Sizes(nn.Module):
    """Alpha that tells how wide the picture is."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x[:, :1], x.shape[-1] / 1000)


def test_a_matter_joins_the_sizes() -> None:
    image = np.zeros((512, 512, 3), np.uint8)
    trimap = wide_trimap(512, 512)
    matter = Matter.from_network(Sizes(), SPEC, scales=3, views=2)
    alpha = matter.matte(image, trimap)
    np.testing.assert_allclose(alpha[300, 300], 0.128, atol=0.01)  # that of a quarter
    np.testing.assert_allclose(alpha[10, 300], 0.512, atol=1e-6)
    assert (alpha[trimap == 255] == 1).all()
    assert (alpha[trimap == 0] == 0).all()
    assert matter.report.tiles == 6
    single = Matter.from_network(Sizes(), SPEC).matte(image, trimap)
    np.testing.assert_allclose(single[trimap == 128], 0.512, atol=1e-6)


def test_a_matter_refines_what_it_sees_enlarged(seeded_network: nn.Module) -> None:
    image = (noise(90, 110, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(90, 110)
    matter = Matter.from_network(seeded_network, SPEC, enlarge=True)
    found = matter.matte(image, trimap)
    assert matter.report.enlarged
    assert matter.report.tiles == 2
    plain = Matter.from_network(seeded_network, SPEC)
    expected = plain.matte(image, trimap)
    assert np.abs(found - expected).max() > 0
    add_fine(expected, plain.matte(*enlarged(Scene(image, trimap))), trimap)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_smaller_sizes_are_also_seen_mirrored(seeded_network: nn.Module) -> None:
    image = (noise(90, 110, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(90, 110)
    matter = Matter.from_network(seeded_network, SPEC, enlarge=True, views=None)
    found = matter.matte(image, trimap)
    assert (matter.report.tiles, matter.report.views) == (3, 1)
    plain = Matter.from_network(seeded_network, SPEC)
    mirrored = plain.matte(image[:, ::-1], trimap[:, ::-1])[:, ::-1]
    expected = (plain.matte(image, trimap) + mirrored) / 2
    add_fine(expected, plain.matte(*enlarged(Scene(image, trimap))), trimap)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("views", "tiles"), [(None, 5), (1, 3), (2, 6)])
def test_so_many_views_at_each_size(views: int | None, tiles: int) -> None:
    matter = Matter.from_network(Sizes(), SPEC, scales=3, views=views)
    matter.matte(np.zeros((512, 512, 3), np.uint8), wide_trimap(512, 512))
    assert matter.report.tiles == tiles


def test_one_for_previews_shares_the_network(seeded_network: nn.Module) -> None:
    image = (noise(64, 70, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(64, 70)
    matter = Matter.from_network(seeded_network, SPEC, enlarge=True)
    swift = matter.for_previews()
    assert swift._forward is matter._forward
    fine = matter.matte(image, trimap)
    plain = swift.matte(image, trimap)
    assert (matter.report.enlarged, swift.report.enlarged) == (True, False)
    assert np.abs(fine - plain).max() > 0
    np.testing.assert_array_equal(
        plain, Matter.from_network(seeded_network, SPEC).matte(image, trimap)
    )


def test_coarse_mattes_are_fitted_before_they_are_joined(seeded_network: nn.Module) -> None:
    image = (noise(160, 192, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(160, 192)
    found = Matter.from_network(seeded_network, SPEC, scales=2, fit_colours=True).matte(
        image, trimap
    )
    plain = Matter.from_network(seeded_network, SPEC)
    full, half = scales.scenes(image, trimap, 2)
    coarse, expected = plain.matte(*half), plain.matte(*full)
    fit_picture(*half, coarse, torch.device("cpu"))
    add_coarse(expected, coarse, trimap)
    fit_picture(*full, expected, torch.device("cpu"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    fitted = Matter.from_network(seeded_network, SPEC, fit_colours=True).matte(image, trimap)
    assert np.abs(found - fitted).max() > 0


def views_by_default(image: np.ndarray, trimap: np.ndarray, **options: Any) -> int:
    matter = Matter(**options)
    matter.matte(image, trimap)
    return matter.report.views


def test_pictures_that_are_not_enlarged_are_seen_mirrored_by_default(weights_file: Path) -> None:
    small, large = (np.zeros((side, side + 1, 3), np.uint8) for side in (64, 2048))
    known = np.zeros((2048, 2049), np.uint8)
    assert views_by_default(small, known[:64, :65]) == 1
    assert views_by_default(small, known[:64, :65], enlarge=False) == 2
    assert views_by_default(small, known[:64, :65], enlarge=False, views=1) == 1
    assert views_by_default(small, known[:64, :65], weights=weights_file) == 1
    assert large[:, :2048].size == 3 * MIRRORED_AREA
    assert views_by_default(large[:, :2048], known[:, :2048]) == 2
    assert views_by_default(large, known) == 1


def test_what_is_seen_mirrored_by_default_is_the_mean_of_two() -> None:
    image = (noise(64, 96, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(64, 96)
    matter = Matter(enlarge=False, precision="fp32")
    found = matter.matte(image, trimap)
    assert matter.report.tiles == 2
    expected = Matter(enlarge=False, precision="fp32", views=2).matte(image, trimap)
    np.testing.assert_array_equal(found, expected)
    once = Matter(enlarge=False, precision="fp32", views=1).matte(image, trimap)
    assert np.abs(found - once).max() > 0
    np.testing.assert_array_equal(matter.for_previews().matte(image, trimap), once)


def test_small_pictures_are_enlarged_by_default() -> None:
    known = np.zeros((769, 768), np.uint8)
    images = [np.zeros((*size, 3), np.uint8) for size in ((768, 768), (769, 768))]
    assert images[0].size == 3 * ENLARGED_AREA
    for enlarge, expected in ((None, [True, False]), (True, [True, True]), (False, [False] * 2)):
        matter = Matter(enlarge=enlarge)
        found = []
        for image in images:
            matter.matte(image, known[: len(image)])
            found.append(matter.report.enlarged)
        assert found == expected


def test_only_weights_that_gain_by_it_are_enlarged(weights_file: Path, tmp_path: Path) -> None:
    image, trimap = np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint8)

    def enlarges(**options: object) -> bool:
        matter = Matter(**options)  # type: ignore[arg-type]
        matter.matte(image, trimap)
        return matter.report.enlarged

    assert not enlarges(weights=weights_file)
    assert enlarges(weights=weights_file, enlarge=True)
    assert not enlarges(align="resize")
    trained = tmp_path / "trained.safetensors"
    save_file(load_file(weights_file), trained, {"model": "indexnet.open"})
    assert enlarges(weights=trained)


def test_progress_counts_every_view_at_every_size(seeded_network: nn.Module) -> None:
    matter = Matter.from_network(seeded_network, SPEC, scales=2, enlarge=True, views=2)
    told: list[float] = []
    matter.on_progress = lambda done, total: told.append(done / total)
    matter.matte(np.zeros((160, 160, 3), np.uint8), wide_trimap(160, 160))
    assert told == sorted(told)
    assert told[-1] > 0.9
    assert min(told) < 0.25


def test_close_trimaps_give_the_same_with_any_number(seeded_network: nn.Module) -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (150, 170, 3), dtype=np.uint8)
    trimap = np.full((150, 170), 128, np.uint8)
    trimap[::30] = trimap[-1] = 255
    one, three = (
        Matter.from_network(seeded_network, SPEC, scales=n).matte(image, trimap) for n in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


def test_tensors_are_looked_at_alike(seeded_network: nn.Module) -> None:
    image = (noise(160, 192, 3) * 255).astype(np.uint8)
    trimap = wide_trimap(160, 192)
    matter = Matter.from_network(seeded_network, SPEC, scales=2)
    expected = matter.matte(image, trimap)
    assert np.abs(expected - Matter.from_network(seeded_network, SPEC).matte(image, trimap)).max()
    colours = torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)[None]
    found = matter.matte_tensor(colours, torch.from_numpy(trimap / np.float32(255))[None, None])
    # Halves of 8-bit colours are 8-bit colours.
    np.testing.assert_allclose(found[0, 0].numpy(), expected, atol=0.01)


def test_weights_say_how_many(weights_file: Path, tmp_path: Path) -> None:
    assert Matter().report.scales == 3
    assert Matter(scales=1).report.scales == 1
    assert Matter(align="resize").report.scales == 1
    assert Matter(weights=weights_file).report.scales == 1
    assert Matter(weights=weights_file, scales=2).report.scales == 2
    trained = tmp_path / "trained.safetensors"
    save_file(load_file(weights_file), trained, {"model": "indexnet.open"})
    assert Matter(weights=trained).report.scales == 3


@pytest.mark.parametrize("count", [0, 4])
def test_there_are_three_sizes(count: int) -> None:
    with pytest.raises(UsageError, match=f"{count} scales: .* 1 to 3 sizes"):
        check_scales(count)


@pytest.mark.parametrize("option", [{"scales": 2}, {"enlarge": True}])
def test_what_needs_no_trimap_has_one_size(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(option))} is for what one leaves unknown"):
        Matter.from_network(nn.Identity(), resolve_model("aimnet"), **option)
