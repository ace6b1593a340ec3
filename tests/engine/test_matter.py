from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_cli.engine.device import resolve_device
from indexnet_cli.engine.matter import Matter
from indexnet_cli.errors import CheckpointError, DeviceError, InputError, UsageError
from indexnet_cli.models.registry import resolve_model

SPEC = resolve_model("indexnet.open")


def picture(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[: height // 4] = 0
    trimap[-(height // 4) :] = 255
    return image, trimap


@pytest.mark.parametrize("align", ["pad", "resize"])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 40), (33, 31), (64, 96)])
def test_any_size_comes_back_at_its_size(
    seeded_network: nn.Module, align: str, height: int, width: int
) -> None:
    image, trimap = picture(height, width)
    trimap[0, 0] = 128
    alpha = Matter.from_network(seeded_network, SPEC, align=align).matte(image, trimap)
    assert alpha.shape == (height, width)
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


@pytest.mark.parametrize("precision", ["fp32", "mixed", "bf16", "fp16"])
def test_known_pixels_are_exact(seeded_network: nn.Module, precision: str) -> None:
    image, trimap = picture(48, 80)
    alpha = Matter.from_network(seeded_network, SPEC, precision=precision).matte(image, trimap)
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()
    unknown = alpha[trimap == 128]
    assert ((unknown > 0) & (unknown < 1)).any()


def test_lower_precision_stays_close(seeded_network: nn.Module) -> None:
    image, trimap = picture(64, 64)
    exact = Matter.from_network(seeded_network, SPEC).matte(image, trimap)
    for precision, bound in (("mixed", 0.02), ("bf16", 0.1)):
        rough = Matter.from_network(seeded_network, SPEC, precision=precision).matte(image, trimap)
        assert 0 < np.abs(exact - rough).max() < bound


def test_auto_is_exact_but_for_the_weights_that_were_measured(weights_file: Path) -> None:
    assert Matter(weights=weights_file).report.precision == "fp32"
    assert Matter(align="resize").report.precision == "fp32"
    assert Matter().report.precision in {"fp32", "mixed"}


def test_same_bytes_twice(seeded_network: nn.Module) -> None:
    matter = Matter.from_network(seeded_network, SPEC)
    assert matter.matte(*picture(40, 72)).tobytes() == matter.matte(*picture(40, 72)).tobytes()


def test_pixel_types_agree(seeded_network: nn.Module) -> None:
    image, trimap = picture(32, 64)
    matter = Matter.from_network(seeded_network, SPEC)
    reference = matter.matte(image, trimap)
    for other in (image.astype(np.uint16) * 257, image / 255, (image / 255).astype(np.float32)):
        np.testing.assert_allclose(matter.matte(other, trimap), reference, atol=1e-5)


def test_a_trimap_without_unknown_pixels_is_the_matte() -> None:
    class Unused(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise AssertionError("the network ran")

    image, trimap = picture(40, 40)
    trimap[trimap == 128] = 255
    alpha = Matter.from_network(Unused(), SPEC).matte(image, trimap)
    np.testing.assert_array_equal(alpha, trimap / 255)


def test_tensors_and_arrays_agree(seeded_network: nn.Module) -> None:
    image, trimap = picture(40, 72)
    matter = Matter.from_network(seeded_network, SPEC)
    x = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    classes = torch.from_numpy(trimap.astype(np.float32) / 255)[None, None]
    found = matter.matte_tensor(x, classes)[0, 0].numpy()
    np.testing.assert_allclose(found, matter.matte(image, trimap), atol=1e-5)


@pytest.mark.parametrize(
    ("image", "trimap", "said"),
    [
        (np.zeros((4, 6, 3), np.uint8), np.zeros((6, 4), np.uint8), "6 x 4 .* 4 x 6"),
        (np.zeros((4, 6), np.uint8), np.zeros((4, 6), np.uint8), "H x W x 3"),
        (np.zeros((4, 6, 3), np.int64), np.zeros((4, 6), np.uint8), "int64"),
        (np.zeros((4, 6, 3), np.uint8), np.full((4, 6), 127, np.uint8), "0, 128 and 255"),
    ],
)
def test_arrays_that_do_not_fit(
    seeded_network: nn.Module, image: np.ndarray, trimap: np.ndarray, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Matter.from_network(seeded_network, SPEC).matte(image, trimap)


def test_weights_from_a_file(weights_file: Path, seeded_network: nn.Module) -> None:
    matter = Matter(weights=weights_file, device="cpu")
    assert matter.report.checkpoint == "seeded.safetensors"
    assert matter.report.precision == "fp32"
    reference = Matter.from_network(seeded_network, SPEC).matte(*picture(32, 64))
    assert np.abs(matter.matte(*picture(32, 64)) - reference).max() < 0.02  # stored as halves


def test_options_are_checked(weights_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="known models"):
        Matter("indexnet.nothing")
    with pytest.raises(UsageError, match="precision"):
        Matter(weights=weights_file, precision="fp8")
    with pytest.raises(UsageError, match="IndexNet alone"):
        Matter.from_network(nn.Conv2d(4, 1, 1), SPEC, precision="mixed")
    with pytest.raises(UsageError, match="alignment"):
        Matter(weights=weights_file, align="stretch")  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="does not exist"):
        Matter(weights=tmp_path / "none.pth")


def test_devices() -> None:
    assert resolve_device("cpu").type == "cpu"
    assert resolve_device("auto").type in ("cpu", "cuda")
    with pytest.raises(UsageError):
        resolve_device("abacus")
    with pytest.raises(DeviceError):
        resolve_device("cuda:99")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_is_not_there() -> None:
    with pytest.raises(DeviceError, match="--device cuda"):
        resolve_device("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_cuda_agrees_with_cpu(seeded_network: nn.Module) -> None:
    image, trimap = picture(160, 224)
    expected = Matter.from_network(seeded_network, SPEC).matte(image, trimap)
    found = Matter.from_network(seeded_network, SPEC, device="cuda").matte(image, trimap)
    assert np.abs(found - expected).max() <= 1e-3
