"""ViTMatte: the plug-in equals the transformers library's own way through processor and network."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_model
from torch import nn

from indexnet_cli.checkpoints.locating import Checkpoint
from indexnet_cli.checkpoints.manifest import load_manifest
from indexnet_cli.checkpoints.recognition import fitting_models, model_shapes
from indexnet_cli.cli.output import Output
from indexnet_cli.cli.telling import told_of
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.memory import fitting_pixels
from indexnet_cli.errors import UsageError
from indexnet_cli.models import registry
from indexnet_cli.models.plugins import plugin_entry_points
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.models.vitmatte.specs import SMALL
from tests.cli.running import ROOT, invoke
from tests.plugins import install_models

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TINY = replace(
    SMALL,
    name="vitmatte.tiny",
    options={
        "hidden_size": 32,
        "heads": 2,
        "layers": 2,
        "global_layers": (1,),
        "details": (4, 8, 16),
        "fusion": (16, 8, 8, 4),
    },
    bytes_per_pixel=64,
    margin=64,
)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry points of pyproject.toml, also in a source tree that is not installed."""
    models = {"vitmatte.tiny": f"{__name__}:TINY"}
    if "vitmatte.small" not in plugin_entry_points():
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        models |= project["entry-points"]["indexnet.models"]
    install_models(tmp_path / "site", models)
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Tiny, with weights that make the alpha vary."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    network = build_network(TINY).eval()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.ndim > 1:
                gain = 6.0 if name.endswith("matting_convs.3.weight") else 1.4
                value.normal_(0, gain / value[0].numel() ** 0.5, generator=generator)
            elif name.endswith(
                ("norm1.weight", "norm2.weight", "batch_norm.weight", "convs.1.weight")
            ):
                value.fill_(1.0)
    return network


def picture(height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[: height // 5], trimap[-height // 5 :] = 0, 255
    return image, trimap


def by_transformers(
    network: nn.Module, image: NDArray[np.uint8], trimap: NDArray[np.uint8]
) -> NDArray[np.float32]:
    from transformers import VitMatteForImageMatting
    from transformers.models.vitmatte.image_processing_pil_vitmatte import (
        VitMatteImageProcessorPil,
    )

    model = VitMatteForImageMatting(network.config).eval()  # type: ignore[arg-type]
    model.load_state_dict(network.state_dict())
    inputs = VitMatteImageProcessorPil()(images=image, trimaps=trimap, return_tensors="pt")
    with torch.no_grad():
        alphas = model(**inputs).alphas
    height, width = trimap.shape
    return np.asarray(alphas[0, 0, :height, :width])


@pytest.mark.parametrize("align", ["pad", "resize"])
@pytest.mark.parametrize("size", [(64, 96), (75, 41)], ids=str)
def test_equals_transformers(network: nn.Module, size: tuple[int, int], align: str) -> None:
    image, trimap = picture(*size)
    alpha = Matter.from_network(network, TINY, align=align).matte(image, trimap)  # type: ignore[arg-type]
    expected = by_transformers(network, image, trimap)
    unknown = trimap == 128
    assert expected[unknown].std() > 0.05
    np.testing.assert_allclose(alpha[unknown], expected[unknown], atol=1e-5)
    np.testing.assert_array_equal(alpha[~unknown], trimap[~unknown] / 255)


def test_tensors_are_padded_alike(network: nn.Module) -> None:
    image, trimap = picture(75, 41)
    matter = Matter.from_network(network, TINY)
    tensors = [torch.from_numpy(plane / np.float32(255)) for plane in (image, trimap)]
    alpha = matter.matte_tensor(tensors[0].permute(2, 0, 1)[None], tensors[1][None, None])
    np.testing.assert_allclose(alpha[0, 0].numpy(), matter.matte(image, trimap), atol=1e-5)


def test_the_command(network: nn.Module, tmp_path: Path) -> None:
    image, trimap = picture(75, 41)
    Image.fromarray(image).save(tmp_path / "photo.png")
    Image.fromarray(trimap).save(tmp_path / "trimap.png")
    save_model(network, str(tmp_path / "tiny.safetensors"))
    files = [tmp_path / name for name in ("photo.png", "trimap.png")]
    options = ("--weights", tmp_path / "tiny.safetensors", "-o", tmp_path / "alpha.png")
    expected = np.rint(Matter.from_network(network, TINY).matte(image, trimap) * 255)
    for model in (["--model", "vitmatte.tiny"], []):  # by its name, and by its keys
        result = invoke("matte", *files, *options, *model, "--overwrite", "--json")
        assert result.exit_code == 0, result.output
        assert '"model": "vitmatte.tiny"' in result.stdout
        found = np.asarray(Image.open(tmp_path / "alpha.png"))
        assert np.abs(found - expected).max() <= 1


def test_parts_overlap(network: nn.Module) -> None:
    image, trimap = picture(64, 320)
    matter = Matter.from_network(network, TINY, tile=224)
    alpha = matter.matte(image, trimap)
    assert matter.report.tiles == 2  # columns 0 to 224 and 96 to 320, handing over at 128 to 192
    whole = Matter.from_network(network, TINY)
    left, right = np.s_[:, :224], np.s_[:, 96:]
    alone = whole.matte(image[left], trimap[left])
    np.testing.assert_allclose(alpha[:, :128], alone[:, :128], atol=1e-6)
    alone = whole.matte(image[right], trimap[right])
    np.testing.assert_allclose(alpha[:, 192:], alone[:, 96:], atol=1e-6)
    assert np.abs(alpha - whole.matte(image, trimap)).max() > 1e-3  # hence the warning


def test_memory_grows_with_the_square() -> None:
    for free in (10**9, 10**10):
        n = fitting_pixels(SMALL, free)
        taken = SMALL.bytes_per_pixel_pair * n**2 + SMALL.bytes_per_pixel * n
        assert taken == pytest.approx(free, rel=1e-4)
    assert fitting_pixels(SMALL, -1) <= 0


def test_approximate_parts_are_told(network: nn.Module, capsys: pytest.CaptureFixture[str]) -> None:
    image, trimap = picture(64, 320)
    matter = Matter.from_network(network, TINY, tile=224)
    matter.checkpoint = Checkpoint(Path("tiny.safetensors"), "file", None)
    matter.matte(image, trimap)
    told_of(matter, Output())
    assert "2 overlapping parts only" in capsys.readouterr().err


@pytest.mark.parametrize("tag", ["small", "base"])
def test_published_networks(tag: str) -> None:
    """The networks hold as many bytes as the files, and are known by their keys."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    shapes = model_shapes(f"vitmatte.{tag}")
    entry = load_manifest()[f"vitmatte.{tag}"]
    published = entry.bytes or round((entry.megabytes or 0) * 1e6)
    held = 4 * sum(int(np.prod(shape)) for shape in shapes.values())
    assert 0 < published - held < (40_000 if entry.bytes else 600_000)
    assert [spec.name for spec in fitting_models(shapes)] == [f"vitmatte.{tag}"]


def test_without_transformers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _package: None)
    with pytest.raises(UsageError, match=r"vitmatte\.small needs the package transformers"):
        resolve_model("vitmatte")
    result = invoke("matte", "photo.jpg", "trimap.png", "--model", "vitmatte.small")
    assert result.exit_code == 2
    assert 'pip install "indexnet[vitmatte]"' in result.stderr


def test_listing_imports_neither_torch_nor_transformers() -> None:
    import subprocess

    from tests.cli.running import environment

    code = (
        "import sys; from indexnet_cli.models.registry import model_names, resolve_model;"
        "model_names(); import indexnet_cli.models.vitmatte.specs;"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
