"""The mean of views: by hand-made flips, whatever else is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.trimap_free import Found
from indexnet_cli.engine.views import View, views_of
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.models.aimnet import Estimate
from indexnet_cli.models.registry import resolve_model

SPEC = resolve_model("indexnet.open")
Plane = NDArray[Any]
# Written apart from the engine's views: to a view and back, in numpy's words.
TO_AND_FRO: list[tuple[Callable[[Plane], Plane], Callable[[Plane], Plane]]] = [
    (lambda p: p, lambda p: p),
    (np.fliplr, np.fliplr),
    (np.flipud, np.flipud),
    (lambda p: np.rot90(p, 2), lambda p: np.rot90(p, 2)),
    (lambda p: np.rot90(np.fliplr(p)), lambda p: np.fliplr(np.rot90(p, -1))),
    (lambda p: np.rot90(p), lambda p: np.rot90(p, -1)),
    (lambda p: np.rot90(p, -1), lambda p: np.rot90(p)),
    (lambda p: np.rot90(np.flipud(p)), lambda p: np.flipud(np.rot90(p, -1))),
]


def picture(height: int, width: int) -> tuple[Plane, Plane]:
    rng = np.random.default_rng(7)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = rng.choice(np.array([0, 128, 128, 255], np.uint8), (height, width))
    return image, trimap


def mean_by_hand(matter: Matter, image: Plane, trimap: Plane, count: int) -> Plane:
    found = [
        back(matter.matte(np.ascontiguousarray(to(image)), np.ascontiguousarray(to(trimap))))
        for to, back in TO_AND_FRO[:count]
    ]
    return np.mean(found, axis=0)


@pytest.mark.parametrize("count", [2, 4, 8])
def test_the_mean_of_the_views_mattes(seeded_network: nn.Module, count: int) -> None:
    image, trimap = picture(37, 50)  # padded on other sides in every view
    single = Matter.from_network(seeded_network, SPEC)
    found = Matter.from_network(seeded_network, SPEC, views=count).matte(image, trimap)
    np.testing.assert_allclose(found, mean_by_hand(single, image, trimap, count), atol=1e-6)
    assert np.abs(found - single.matte(image, trimap)).max() > 1e-3
    assert (found[trimap == 0] == 0).all()
    assert (found[trimap == 255] == 1).all()


@pytest.mark.parametrize(
    "options",
    [{"align": "resize"}, {"tile": 32}, {"memory": 64 << 30}, {"precision": "mixed"}],
    ids=str,
)
def test_with_other_options(seeded_network: nn.Module, options: dict[str, Any]) -> None:
    image, trimap = picture(40, 70)
    single = Matter.from_network(seeded_network, SPEC, **options)
    matter = Matter.from_network(seeded_network, SPEC, **options, views=8)
    expected = mean_by_hand(single, image, trimap, 8)
    np.testing.assert_allclose(matter.matte(image, trimap), expected, atol=1e-6)
    assert matter.report.views == 8
    assert matter.report.tiles >= 8


def test_windows_of_a_picture() -> None:
    spec = resolve_model("dim.stage0")

    class Brightness(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(x[:, :1] * torch.linspace(-1, 1, x.shape[-1]))

    image, trimap = picture(330, 350)
    single = Matter.from_network(Brightness(), spec, align="crop")
    found = Matter.from_network(Brightness(), spec, align="crop", views=4).matte(image, trimap)
    np.testing.assert_allclose(found, mean_by_hand(single, image, trimap, 4), atol=1e-6)


def test_one_view_is_the_picture_itself(seeded_network: nn.Module) -> None:
    image, trimap = picture(33, 64)
    expected = Matter.from_network(seeded_network, SPEC).matte(image, trimap)
    found = Matter.from_network(seeded_network, SPEC, views=1).matte(image, trimap)
    np.testing.assert_array_equal(found, expected)


def test_tensors_have_views_too(seeded_network: nn.Module) -> None:
    image, trimap = picture(37, 50)
    matter = Matter.from_network(seeded_network, SPEC, views=8)
    expected = matter.matte(image, trimap)
    colours = torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)[None]
    planes = torch.from_numpy(trimap / np.float32(255))[None, None]
    found = matter.matte_tensor(colours, planes)
    np.testing.assert_allclose(found[0, 0].numpy(), expected, atol=1e-5)


class Ramp(nn.Module):
    """Without a trimap: classes by brightness, opacity that falls from left to right."""

    def forward(self, x: Tensor) -> Estimate:
        grey = x.mean(1, keepdim=True)
        scores = torch.cat([-grey, 0.2 - grey**2, grey], dim=1)
        ramp = torch.linspace(1, 0, x.shape[-1]).expand(1, 1, *x.shape[-2:])
        return Estimate(scores, ramp, ramp)


@pytest.mark.parametrize("strategy", ["hybrid-third", "resize"])
def test_a_model_without_trimap(strategy: Any) -> None:
    spec = resolve_model("aimnet")
    shades = np.linspace(0, 255, 128).astype(np.uint8)
    image = np.broadcast_to(shades[:, None, None], (128, 160, 3))
    one = Matter.from_network(Ramp(), spec, strategy=strategy).find(image)
    found = Matter.from_network(Ramp(), spec, strategy=strategy, views=2).find(image)
    np.testing.assert_array_equal(found.trimap, one.trimap)  # the classes mirror
    unknown = found.trimap == 128
    assert unknown.any()
    np.testing.assert_allclose(found.alpha[unknown], 0.5, atol=1e-6)  # and the ramp evens out
    assert np.ptp(one.alpha[unknown]) > 0.5
    assert_consistent(Matter.from_network(Ramp(), spec, strategy=strategy, views=8).find(image))


def assert_consistent(found: Found) -> None:
    assert (found.alpha[found.trimap == 0] == 0).all()
    assert (found.alpha[found.trimap == 255] == 1).all()


def test_progress_counts_all_views(seeded_network: nn.Module) -> None:
    seen: list[tuple[int, int]] = []
    matter = Matter.from_network(seeded_network, SPEC, views=2)
    matter.on_progress = lambda done, total: seen.append((done, total))
    matter.matte(*picture(32, 64))
    assert seen == [(step, len(seen)) for step in range(len(seen))]


@pytest.mark.parametrize("view", views_of(8), ids=str)
def test_views_come_undone(view: View) -> None:
    x = torch.arange(2 * 3 * 4 * 5).view(2, 3, 4, 5)
    assert torch.equal(view.undo(view.of_tensor(x)), x)
    plane = x[0, 0].numpy()
    np.testing.assert_array_equal(view.of(plane), view.of_tensor(x)[0, 0].numpy())
    assert np.shares_memory(view.of(plane), plane)


@pytest.mark.parametrize("count", [0, 3, 16, -1])
def test_other_counts_are_refused(seeded_network: nn.Module, count: int) -> None:
    with pytest.raises(UsageError, match="1, 2, 4 or 8"):
        Matter.from_network(seeded_network, SPEC, views=count)


def test_a_picture_that_does_not_fit_is_refused_as_ever(seeded_network: nn.Module) -> None:
    image, trimap = picture(20, 30)
    with pytest.raises(InputError, match="30 x 20"):
        Matter.from_network(seeded_network, SPEC, views=2).matte(image, trimap.T)
