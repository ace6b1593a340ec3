"""Samples of IndexNet's loader whose pixels are computed on the GPU: the CPU only cuts bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.datasets.composing import RULES
from indexnet_cli.datasets.sampling.indexnet import (
    Draw,
    TrimappedScene,
    draw_indexnet,
    sample_indexnet,
)
from indexnet_cli.datasets.sampling.planes import Planes
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimaps import UNKNOWN

_RULE = RULES["indexnet"]
_COLOURS = ("image", "foreground", "background")

# 3 x S x S colours and 1 x S x S alpha and trimap in levels of 0..255; is_flipped, one bool.
Cut = dict[str, Tensor]


class DeviceCuts:
    """The samples of a source as what is cut for them: S is 1, 1.5 or 2 times the crop.

    ``finish`` makes a batch of them, with the numbers that the source's own samples have. Raises
    UsageError for samplings other than IndexNet's.
    """

    def __init__(self, samples: SceneSamples) -> None:
        if samples.sampling.draw is not sample_indexnet:
            raise UsageError(
                "Only the recipes indexnet and deep-matting can be composed on the device.",
                "Leave the option out.",
            )
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Cut:
        view, rng = self.samples.view(index)
        draw = draw_indexnet(view, rng, self.samples.crop)
        return {**_tensors(draw), "is_flipped": torch.tensor(draw.is_flipped)}


def finish(cuts: Sequence[Cut], crop: int, device: torch.device | str) -> dict[str, Tensor]:
    """Compose, resize and flip a batch on a device.

    Gives image, alpha, trimap, unknown (0 or 1), and foreground and background where all cuts
    have them: B x C x crop x crop float32 in [0, 1] but for the overshoot of cubic resizing; the
    order is that of ``cuts``.
    """
    by_shape: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, cut in enumerate(cuts):
        by_shape[(cut["alpha"].shape, tuple(sorted(cut)))].append(number)
    found: list[dict[str, Tensor]] = [{} for _ in cuts]
    for numbers in by_shape.values():
        planes = _finish_equal([cuts[number] for number in numbers], crop, device)
        for place, number in enumerate(numbers):
            found[number] = {name: plane[place] for name, plane in planes.items()}
    names = set.intersection(*(set(sample) for sample in found))
    return {name: torch.stack([sample[name] for sample in found]) for name in sorted(names)}


def _finish_equal(cuts: list[Cut], crop: int, device: torch.device | str) -> dict[str, Tensor]:
    planes = {
        name: torch.stack([cut[name] for cut in cuts]).to(device, non_blocking=True)
        for name in cuts[0]
    }
    is_flipped = planes.pop("is_flipped")
    planes = {name: plane.float() for name, plane in planes.items()}
    if "image" not in planes:
        planes["image"] = _composed(planes)
    resized = {name: _resized(name, plane, crop) for name, plane in planes.items()}
    mirror = is_flipped[:, None, None, None]
    resized = {name: torch.where(mirror, p.flip(-1), p) for name, p in resized.items()}
    unknown = (resized["trimap"] == UNKNOWN).float()
    return {name: plane / 255 for name, plane in resized.items()} | {"unknown": unknown}


def _composed(planes: dict[str, Tensor]) -> Tensor:
    opacity = planes["alpha"] / 255
    # Whole levels, the fraction cut off: what a composition on disk would hold.
    return (planes["foreground"] * opacity + planes["background"] * (1 - opacity)).floor()


def _resized(name: str, plane: Tensor, crop: int) -> Tensor:
    if plane.shape[-1] == crop:
        return plane
    if name == "trimap":
        return F.interpolate(plane, size=(crop, crop), mode="nearest")
    # OpenCV's cubic resizing: the same kernel, no smoothing when shrinking.
    return F.interpolate(plane, size=(crop, crop), mode="bicubic", align_corners=False)


def _tensors(draw: Draw) -> Cut:
    source = draw.source
    if isinstance(source, TrimappedScene):
        layers = source.view.layers(draw.window, _RULE)
        if layers is not None and not source.view.is_shrunk():
            alpha = source.view.alpha[draw.window.part]
            trimap = source.trimap(draw.window)
            colours = dict(zip(("foreground", "background"), layers, strict=True))
            return _as_tensors({**colours, "alpha": alpha, "trimap": trimap})
    planes: Planes = source.cut(draw.window)
    named = {name: getattr(planes, name) for name in (*_COLOURS, "alpha", "trimap")}
    return _as_tensors({name: plane for name, plane in named.items() if plane is not None})


def _as_tensors(planes: dict[str, NDArray[np.uint8]]) -> Cut:
    return {
        name: torch.from_numpy(
            np.ascontiguousarray(plane[None] if plane.ndim == 2 else plane.transpose(2, 0, 1))
        )
        for name, plane in planes.items()
    }
