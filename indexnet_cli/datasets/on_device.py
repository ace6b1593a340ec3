"""Samples whose pixels are computed on the GPU: the CPU only cuts bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from indexnet_cli.datasets.sampling.indexnet import (
    Draw,
    TrimappedScene,
    draw_indexnet,
    sample_indexnet,
)
from indexnet_cli.datasets.sampling.mmagic import draw_mmagic, sample_mmagic
from indexnet_cli.datasets.sampling.planes import Planes
from indexnet_cli.datasets.sampling.scene_samples import SceneSamples
from indexnet_cli.datasets.sampling.scene_view import SceneView
from indexnet_cli.errors import UsageError
from indexnet_cli.imaging.trimaps import UNKNOWN

_DRAWS: dict[object, Callable[[SceneView, np.random.Generator, int], Draw]] = {
    sample_indexnet: draw_indexnet,
    sample_mmagic: draw_mmagic,
}
_COLOURS = ("image", "foreground", "background")
_NUMBER, _FLIPPED, _ROUNDS = "number", "is_flipped", "rounds"

# 3 x S x S colours and 1 x S x S alpha and trimap in levels of 0..255; two bools. Of cuts that
# were gathered: the same with an axis more in front, and the numbers of the samples.
Cut = dict[str, Tensor]


class DeviceCuts:
    """The samples of a source as what is cut for them: S is 1, 1.5 or 2 times the crop.

    ``finish`` makes a batch of them, with the numbers that the source's own samples have. Raises
    UsageError for samplings that do more than compose, resize and flip.
    """

    def __init__(self, samples: SceneSamples) -> None:
        if samples.sampling.draw not in _DRAWS:
            raise UsageError(
                "compose_on = device: only the samples of the recipes indexnet, indexnet-mmagic "
                "and deep-matting can be composed there.",
                "Leave it out: then the loader's workers compose.",
            )
        self.samples = samples
        self._draw = _DRAWS[samples.sampling.draw]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Cut:
        view, rng = self.samples.view(index)
        draw = self._draw(view, rng, self.samples.crop)
        flags = {_FLIPPED: draw.is_flipped, _ROUNDS: draw.rounds}
        return {**_tensors(draw), **{name: torch.tensor(flag) for name, flag in flags.items()}}


def gather(cuts: Sequence[Cut]) -> list[Cut]:
    """Stack those of equal size, so that a batch travels in a few blocks."""
    by_shape: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, cut in enumerate(cuts):
        by_shape[(cut["alpha"].shape, cut["alpha"].dtype, tuple(sorted(cut)))].append(number)
    return [
        {name: torch.stack([cuts[number][name] for number in numbers]) for name in cuts[numbers[0]]}
        | {_NUMBER: torch.tensor(numbers)}
        for numbers in by_shape.values()
    ]


def finish(gathered: Sequence[Cut], crop: int, device: torch.device | str) -> dict[str, Tensor]:
    """Compose, resize and flip a batch on a device.

    Gives image, alpha, trimap, unknown (0 or 1), and foreground and background where all samples
    have them: B x C x crop x crop float32 in [0, 1] but for the overshoot of cubic resizing; the
    order is that of the cuts.
    """
    parts = [_finish_equal(cuts, crop, device) for cuts in gathered]
    names = set.intersection(*(set(part) for part in parts))
    order = torch.argsort(torch.cat([cuts[_NUMBER] for cuts in gathered])).to(device)
    return {name: torch.cat([part[name] for part in parts])[order] for name in sorted(names)}


def _finish_equal(cuts: Cut, crop: int, device: torch.device | str) -> dict[str, Tensor]:
    planes = {
        name: plane.to(device, non_blocking=True)
        for name, plane in cuts.items()
        if name not in (_NUMBER, _ROUNDS)
    }
    mirror = planes.pop(_FLIPPED)[:, None, None, None]
    planes = {name: plane.float() for name, plane in planes.items()}
    if "image" not in planes:
        planes["image"] = _composed(planes)
    rounds = bool(cuts[_ROUNDS][0])
    resized = {name: _resized(name, plane, crop, rounds) for name, plane in planes.items()}
    resized = {name: torch.where(mirror, p.flip(-1), p) for name, p in resized.items()}
    unknown = (resized["trimap"] == UNKNOWN).float()
    return {name: plane / 255 for name, plane in resized.items()} | {"unknown": unknown}


def _composed(planes: dict[str, Tensor]) -> Tensor:
    opacity = planes["alpha"] / 255
    # Whole levels, the fraction cut off: what a composition on disk would hold.
    return (planes["foreground"] * opacity + planes["background"] * (1 - opacity)).floor()


def _resized(name: str, plane: Tensor, crop: int, rounds: bool) -> Tensor:
    if plane.shape[-1] == crop:
        return plane
    if name == "trimap":
        return F.interpolate(plane, size=(crop, crop), mode="nearest")
    # OpenCV's cubic resizing: the same kernel, no smoothing when shrinking.
    resized = F.interpolate(plane, size=(crop, crop), mode="bicubic", align_corners=False)
    return resized.round().clamp(0, 255) if rounds else resized


def _tensors(draw: Draw) -> Cut:
    source = draw.source
    if isinstance(source, TrimappedScene):
        layers = source.view.layers(draw.window, source.rule)
        # IndexNet's loader tells another background of a shrunk photograph than it composes.
        if layers is not None and not (source.shrink and source.view.is_shrunk()):
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
