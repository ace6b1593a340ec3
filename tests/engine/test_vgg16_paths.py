"""The published inference programs of Deep Image Matting, and Deep Matting's half size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.engine.alignment import prepare, windows
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.memory import smallest_tile
from indexnet_cli.errors import UsageError
from indexnet_cli.models.registry import ModelSpec, build_network, resolve_model
from tests.golden.reading import read_arrays
from tests.golden.vgg16 import read_keys, seeded_tensors_of

GOLDEN = read_arrays("dim_path.npz")
NARROW = 4  # channels of the first level, for tests of everything but the numbers


def narrow(model: str) -> tuple[nn.Module, ModelSpec]:
    """The network of ``model`` with a sixteenth of its channels and weights that keep it alive."""
    spec = resolve_model(model)
    network = build_network(replace(spec, options={**spec.options, "width": NARROW}))
    torch.manual_seed(3)
    for parameter in network.parameters():
        if parameter.dim() == 4:
            nn.init.kaiming_normal_(parameter)
        else:
            nn.init.normal_(parameter, std=0.1)
    return network.eval(), spec


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return seeded_tensors_of(read_keys("dim.refine-skip"))


@pytest.mark.parametrize(
    ("run", "model", "align", "changes"),
    [
        ("resize_97x131", "dim.stage1-skip", "resize", {}),
        ("resize_150x201", "dim.stage1-skip", "resize", {}),
        ("max96_97x131", "dim.stage1-skip", "resize", {"max_side": 96}),
        ("max96_150x201", "dim.stage1-skip", "resize", {"max_side": 96}),
        ("crop_97x131", "dim.stage1-skip", "crop", {"window": (64, 64)}),
        ("crop_150x201", "dim.stage1-skip", "crop", {"window": (64, 64)}),
        ("window_97x131", "dim.stage1-skip", "window", {"window": (64, 96)}),
        ("refine_97x131", "dim.refine-skip", "resize", {}),
    ],
)
def test_dim_grey_levels(
    state: dict[str, Tensor], run: str, model: str, align: str, changes: dict[str, object]
) -> None:
    spec = resolve_model(model)
    spec = replace(spec, published=replace(spec.published, **changes))
    with torch.device("meta"):
        network = build_network(spec)
    network.load_state_dict({key: state[key] for key in network.state_dict()}, assign=True)
    matter = Matter.from_network(network, spec, align=align)
    size = run.split("_")[1]
    alpha = matter.matte(GOLDEN[f"image_{size}"], GOLDEN[f"trimap_{size}"])
    difference = np.abs(np.rint(alpha * 255) - GOLDEN[run].astype(int))
    assert difference.max() <= 1
    assert (difference == 0).mean() >= 0.995


def test_each_side_is_reduced_by_itself() -> None:
    spec = resolve_model("dim")
    trimap = np.full((1088, 1920), 128, np.uint8)
    planes = prepare(np.zeros((1088, 1920, 3), np.uint8), trimap, spec, "resize")
    assert planes.shape == (1088, 1600, 4)


def test_crops_cover_the_picture_side_by_side() -> None:
    seen = np.zeros((400, 700), int)
    for window in windows(400, 700, resolve_model("dim"), "crop"):
        seen[window] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float16])
def test_pixel_types_agree_within_a_grey_level(kind: type) -> None:
    spec = resolve_model("dim")
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, (50, 70, 3), dtype=np.uint8)
    image = {np.uint8: levels, np.uint16: levels.astype(np.uint16) * 257}.get(kind)
    if image is None:
        image = (levels / 255).astype(kind)
    trimap = np.full((50, 70), 128, np.uint8)
    found = prepare(image, trimap, spec, "resize")
    expected = prepare(levels, trimap, spec, "resize")
    assert found.shape == (32, 64, 4)
    assert np.abs(found - expected).max() <= 1 / 255 / min(spec.std)


class TestHalfSize:
    def test_the_network_sees_a_halved_picture(self) -> None:
        spec = resolve_model("deepmatting")
        image = np.zeros((150, 260, 3), np.uint8)
        trimap = np.full((150, 260), 128, np.uint8)
        assert prepare(image, trimap, spec, "half").shape == (96, 160, 4)
        assert prepare(image, trimap, spec, "resize").shape == (160, 288, 4)

    def test_the_trimap_keeps_its_three_levels(self) -> None:
        spec = resolve_model("deepmatting")
        trimap = np.random.default_rng(1).choice(np.array([0, 128, 255], np.uint8), (90, 130))
        planes = prepare(np.zeros((90, 130, 3), np.uint8), trimap, spec, "half")
        assert set(np.unique(planes[:, :, 3])) == set(np.array([0, 128, 255], np.float32) / 255)

    @pytest.mark.parametrize(("height", "width"), [(1, 1), (33, 80), (150, 201)])
    def test_the_matte_has_the_size_of_the_picture(self, height: int, width: int) -> None:
        network, spec = narrow("deepmatting")
        image = np.random.default_rng(2).integers(0, 256, (height, width, 3), dtype=np.uint8)
        trimap = np.full((height, width), 128, np.uint8)
        trimap[:, : width // 2] = 255
        matter = Matter.from_network(network, spec, align="half")
        alpha = matter.matte(image, trimap)
        assert alpha.shape == (height, width)
        assert (alpha[trimap == 255] == 1).all()
        full = Matter.from_network(network, spec, align="resize").matte(image, trimap)
        assert height < 33 or not np.array_equal(alpha, full)

    @pytest.mark.parametrize("model", ["indexnet.openmmlab", "indexnet.openmmlab-dimaug", "dim"])
    def test_any_model_can_be_asked_for_it(self, model: str) -> None:
        class Copy(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x[:, 3:] + 0.25

        trimap = np.full((70, 110), 128, np.uint8)
        matter = Matter.from_network(Copy(), resolve_model(model), align="half")
        alpha = matter.matte(np.zeros((70, 110, 3), np.uint8), trimap)
        np.testing.assert_allclose(alpha, 128 / 255 + 0.25, atol=1 / 255)


def test_alignments_that_a_model_does_not_have_are_refused() -> None:
    for align in ("crop", "window"):
        with pytest.raises(UsageError, match=r"indexnet\.open has no published window"):
            Matter.from_network(nn.Identity(), resolve_model("indexnet"), align=align)


@pytest.mark.parametrize(
    "model", ["dim.stage1-skip", "dim.refine-skip", "dim.chainer", "deepmatting"]
)
def test_tiles_are_exact(model: str) -> None:
    network, spec = narrow(model)
    width = smallest_tile(spec) + 192
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (64, width, 3), dtype=np.uint8)
    trimap = np.full((64, width), 128, np.uint8)
    whole = Matter.from_network(network, spec).matte(image, trimap)
    matter = Matter.from_network(network, spec, tile=smallest_tile(spec))
    tiled = matter.matte(image, trimap)
    assert matter.report.tiles > 1
    assert whole.std() > 1e-3
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_thin_unknown_lines_survive_reduction_and_tiles() -> None:
    """A line that linear interpolation makes nearly background still counts as unknown."""
    network, spec = narrow("dim")
    image = np.random.default_rng(6).integers(0, 256, (32, 6400, 3), dtype=np.uint8)
    trimap = np.zeros((32, 6400), np.uint8)
    trimap[:, 5001] = 128
    whole = Matter.from_network(network, spec, align="resize").matte(image, trimap)
    matter = Matter.from_network(network, spec, align="resize", tile=smallest_tile(spec))
    np.testing.assert_allclose(matter.matte(image, trimap), whole, atol=1.01 / 255)
