from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from indexnet_cli.engine import blocks, colour_fit
from indexnet_cli.engine.colour_fit import fit_picture
from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import UsageError
from indexnet_cli.models.colour_lines import REACH, fit_colours
from indexnet_cli.models.registry import resolve_model

CPU = torch.device("cpu")
SPEC = resolve_model("indexnet.open")


def scene(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noise, a trimap with unknown bands and known pixels in them, a rough alpha."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.where(rng.random((height, width)) < 0.1, 255, 128).astype(np.uint8)
    trimap[height // 3 : height // 2] = 0
    alpha = np.where(trimap == 128, rng.random((height, width)), trimap / 255)
    return image, trimap, alpha.astype(np.float32)


def in_one_piece(image: np.ndarray, trimap: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    colours = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None] / 255
    planes = [torch.from_numpy(p)[None, None] for p in (alpha, (trimap == 128) * np.float32(1))]
    return fit_colours(planes[0], colours, planes[1])[0, 0].numpy()


@pytest.mark.parametrize("block", [REACH + 1, 100, 512])
def test_blocks_come_out_as_the_whole(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(blocks, "BLOCK", block)
    image, trimap, alpha = scene(230, 170)
    expected = in_one_piece(image, trimap, alpha)
    assert np.abs(expected - alpha).max() > 0.1
    told: list[tuple[int, int]] = []
    fit_picture(image, trimap, alpha, CPU, lambda done, total: told.append((done, total)))
    np.testing.assert_allclose(alpha, expected, rtol=0, atol=1e-6)
    rows = -(-230 // block)
    assert told == [(row, rows) for row in range(rows)]


def test_blocks_without_unknown_pixels_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour_fit, "_fit", None)  # would fail if called
    image, trimap, alpha = scene(40, 30)
    trimap[:], alpha[:] = 255, 1
    fit_picture(image, trimap, alpha, CPU)
    assert (alpha == 1).all()


def test_the_depth_of_colours_does_not_matter() -> None:
    image, trimap, alpha = scene(20, 30)
    found = []
    for pixels in (image, image.astype(np.uint16) * 257, image / np.float32(255)):
        fitted = alpha.copy()
        fit_picture(pixels, trimap, fitted, CPU)
        found.append(fitted)
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)
    np.testing.assert_allclose(found[2], found[0], atol=1e-5)


def test_a_matter_fits_its_matte(seeded_network: nn.Module) -> None:
    image, trimap, _ = scene(70, 90)
    raw = Matter.from_network(seeded_network, SPEC).matte(image, trimap)
    matter = Matter.from_network(seeded_network, SPEC, fit_colours=True)
    told: list[tuple[int, int]] = []
    matter.on_progress = lambda done, total: told.append((done, total))
    fitted = matter.matte(image, trimap)
    np.testing.assert_allclose(fitted, in_one_piece(image, trimap, raw), rtol=0, atol=1e-6)
    assert (fitted[trimap != 128] == trimap[trimap != 128] / 255).all()
    shares = [done / total for done, total in told]
    assert shares == sorted(shares)
    assert shares[-1] == 0.5  # the fit counts as much as a view, and tells when it starts


def test_views_are_fitted_once_and_together(seeded_network: nn.Module) -> None:
    image, trimap, _ = scene(70, 90)
    mean = Matter.from_network(seeded_network, SPEC, views=2).matte(image, trimap)
    fitted = Matter.from_network(seeded_network, SPEC, views=2, fit_colours=True)
    expected = in_one_piece(image, trimap, mean)
    np.testing.assert_allclose(fitted.matte(image, trimap), expected, rtol=0, atol=1e-6)


def test_tensors_are_fitted_too(seeded_network: nn.Module) -> None:
    image, trimap, _ = scene(64, 96)
    matter = Matter.from_network(seeded_network, SPEC, fit_colours=True)
    colours = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    found = matter.matte_tensor(colours, torch.from_numpy(trimap)[None, None] / 255)
    expected = matter.matte(image, trimap)
    np.testing.assert_allclose(found[0, 0].numpy(), expected, rtol=0, atol=1e-5)


def test_weights_that_were_trained_for_it_are_fitted(weights_file: Path, tmp_path: Path) -> None:
    assert Matter().report.fit_colours
    assert not Matter(fit_colours=False).report.fit_colours
    assert not Matter(align="resize").report.fit_colours
    assert Matter(align="resize", fit_colours=True).report.fit_colours
    assert not Matter(weights=weights_file).report.fit_colours
    trained = tmp_path / "trained.safetensors"
    save_file(load_file(weights_file), trained, {"model": "indexnet.open"})
    assert Matter(weights=trained).report.fit_colours
    save_file(load_file(weights_file), trained, {"model": "indexnet.official"})
    assert not Matter(weights=trained).report.fit_colours


def test_what_needs_no_trimap_cannot_be_fitted() -> None:
    with pytest.raises(UsageError, match="fit_colours is for what one leaves unknown"):
        Matter.from_network(nn.Identity(), resolve_model("aimnet"), fit_colours=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_cuda_agrees_with_the_cpu() -> None:
    image, trimap, alpha = scene(230, 170)
    found = alpha.copy()
    fit_picture(image, trimap, alpha, CPU)
    fit_picture(image, trimap, found, torch.device("cuda"))
    assert np.abs(found - alpha).max() < 1e-3
