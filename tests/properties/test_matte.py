"""What holds of every matte, whatever the size, the trimap and the type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.memory import smallest_tile
from indexnet_cli.models.registry import resolve_model

SPEC = resolve_model("indexnet.open")
DTYPES = [np.uint8, np.uint16, np.float32, np.float64]
# The same examples in every run, and few: forward passes cost by the area.
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SIZES = st.tuples(st.integers(1, 300), st.integers(1, 300))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """An image of any type and a trimap of any pixels."""
    height, width = draw(SIZES)
    dtype = draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    image = rng.random((height, width, 3))
    if np.issubdtype(dtype, np.integer):
        image = image * np.iinfo(dtype).max
    shares = draw(st.sampled_from([(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.3, 0.4, 0.3)]))
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width), p=shares)
    return image.astype(dtype), trimap


@pytest.fixture(scope="module")
def network(seeded_state_dict: dict[str, torch.Tensor]) -> nn.Module:
    from indexnet_cli.models.registry import build_network

    network = build_network(SPEC)
    network.load_state_dict(seeded_state_dict)
    return network.eval()


@pytest.fixture(scope="module")
def matter(network: nn.Module) -> Matter:
    return Matter.from_network(network, SPEC, precision="fp32")


@FEW
@given(pair=pairs())
def test_size_range_and_known_pixels(matter: Matter, pair: tuple[Any, Any]) -> None:
    image, trimap = pair
    untouched = image.copy(), trimap.copy()
    alpha = matter.matte(image, trimap)
    assert alpha.shape == trimap.shape
    assert alpha.dtype == np.float32
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()
    np.testing.assert_array_equal(image, untouched[0])
    np.testing.assert_array_equal(trimap, untouched[1])


@FEW
@given(pair=pairs())
def test_tensors_and_batches_say_the_same(matter: Matter, pair: tuple[Any, Any]) -> None:
    """Two pictures in a batch come out as each alone, through the door for tensors."""
    image, trimap = pair
    scale = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
    values = torch.from_numpy((image / scale).astype(np.float32)).permute(2, 0, 1)
    classes = torch.from_numpy(trimap).float()[None] / 255
    two = torch.stack([values, values.flip(2)]), torch.stack([classes, classes.flip(2)])
    found = matter.matte_tensor(*two)[:, 0].numpy()
    assert np.abs(found[0] - matter.matte(image, trimap)).max() <= 1e-4
    mirrored = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(trimap[:, ::-1])
    assert np.abs(found[1] - matter.matte(*mirrored)).max() <= 1e-4


@settings(parent=FEW, max_examples=3)
@given(cells=st.integers(0, 8), width=st.integers(1200, 1500), seed=st.integers(0, 99))
def test_no_tile_size_shows(network: nn.Module, cells: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (20, width, 3), dtype=np.uint8)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (20, width))
    whole = Matter.from_network(network, SPEC, precision="fp32").matte(image, trimap)
    tile = smallest_tile(SPEC) + 32 * cells
    tiled = Matter.from_network(network, SPEC, precision="fp32", tile=tile).matte(image, trimap)
    assert np.abs(tiled - whole).max() <= 1e-4


@settings(parent=FEW, max_examples=6)
@given(height=st.integers(1, 300), width=st.integers(1, 300), seed=st.integers(0, 99))
def test_a_flip_is_the_network_s_own(height: int, width: int, seed: int) -> None:
    """The engine adds nothing: a network that sees no neighbours flips exactly with the image."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width))
    pointwise = Matter.from_network(_Pointwise(), SPEC, precision="fp32")
    plain = pointwise.matte(image, trimap)
    for axis in (0, 1):
        flipped = pointwise.matte(np.flip(image, axis).copy(), np.flip(trimap, axis).copy())
        np.testing.assert_array_equal(np.flip(flipped, axis), plain)


class _Pointwise(nn.Module):
    """Alpha from the colour of the pixel alone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :3].mean(1, keepdim=True).sigmoid()
