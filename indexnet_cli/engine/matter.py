"""``Matter``: image and trimap in, alpha matte out; without a trimap where the model allows it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_cli.checkpoints.locating import Checkpoint, find_checkpoint
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.checkpoints.recognition import recognise, trained_model
from indexnet_cli.engine.alignment import (
    Align,
    Planes,
    check_align,
    restore,
    windows,
)
from indexnet_cli.engine.colour_fit import fit_picture
from indexnet_cli.engine.device import describe_device, resolve_device
from indexnet_cli.engine.exhaustion import outlives_memory
from indexnet_cli.engine.inputs import NetworkInput, picture_input
from indexnet_cli.engine.memory import MemoryBudget
from indexnet_cli.engine.precision import lay_out, resolve_precision
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.scales import (
    ENLARGED_AREA,
    Scene,
    add_coarse,
    add_fine,
    check_scales,
    enlarged,
    scenes,
)
from indexnet_cli.engine.staged_forward import StagedForward
from indexnet_cli.engine.staged_network import StagedNetwork
from indexnet_cli.engine.strategies import DEFAULT_STRATEGY, Strategy
from indexnet_cli.engine.tiled_forward import TiledForward
from indexnet_cli.engine.trimap_free import Found, TrimapFree
from indexnet_cli.engine.views import (
    MIRRORED_AREA,
    View,
    check_views,
    progress_of_part,
    views_by_size,
    views_of,
)
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN
from indexnet_cli.models.folding import bake, set_folded
from indexnet_cli.models.registry import DEFAULT_MODEL, ModelSpec, build_network, resolve_model

Forward = StagedForward | TiledForward


@dataclass(frozen=True)
class Settings:
    """How a ``Matter`` computes; its docstring says what each of them means.

    ``enlarged_area``, ``mirrored_area``: pixels of the largest picture that is also seen at twice
    its size, and that is seen mirrored at its own where ``views`` is None.
    """

    precision: str
    align: Align
    tile: int | None
    memory: int | None
    strategy: Strategy
    views: int | None
    scales: int
    enlarged_area: float
    mirrored_area: float
    fit_colours: bool


@dataclass
class Report:
    """What a ``Matter`` used; ``views`` (of the largest size), ``enlarged``, ``tiles`` (of all
    views and sizes) and ``tile`` are those of the last matte.

    ``strategy`` is that of a model without trimap, which is not tiled.
    """

    model: str
    checkpoint: str
    checkpoint_source: str
    device: str
    precision: str
    align: str
    scales: int
    fit_colours: bool
    views: int = 1
    enlarged: bool = False
    tiles: int = 0
    tile: int | None = None
    strategy: str | None = None


class Matter:
    """Estimates alpha mattes with one network on one device.

    ``model``: a name of the registry; ``weights``: a checkpoint file instead of the model's own,
    whose keys tell the model where ``model`` does not (else it is the default model);
    ``device``: auto, cpu, cuda, cuda:N, mps; ``precision``: auto, fp32, mixed
    (encoder fp32, decoder bf16), bf16, fp16; ``align``:
    ``pad`` (no resampling), ``resize`` (the published inference path, 8-bit rounding included),
    ``half`` (the same on a picture halved first), ``crop`` and ``window`` (tiles of the window
    that the model's published code offers, or the whole picture resampled to it);
    ``tile``: side of the tiles in pixels, by default what is fast and fits into memory;
    ``memory``: bytes that the process may hold, by default what is free;
    ``strategy``: at which sizes a model that needs no trimap looks at a picture;
    ``views``: 1, or the mean alpha of 2 (also mirrored), 4 (also upside down) or 8 (also
    transposed) views of the picture, one after another: as many times the time, no more memory;
    by default 1 of the largest size at which it is looked at and 2 of the smaller ones, and, where
    that suits the weights, 2 of pictures of up to ``MIRRORED_AREA`` pixels that are not enlarged;
    ``scales``: at how many sizes the picture is looked at, where unknown pixels are far from known
    ones: as it is (1), also at half (2), also at a quarter (3) of its size (``engine.scales``);
    ``enlarge``: whether it is also looked at twice its size, for thin strands, in four times the
    time; by default pictures of up to ``ENLARGED_AREA`` pixels are, where that suits the weights;
    ``fit_colours``: whether the alpha is then fitted to the picture's colours
    (``models.colour_lines``), at every size. By default the last three are as suits the weights.
    ``on_progress``, if set, is called with the number of tiles done and of all.
    Raises ``UsageError``, ``CheckpointError``, ``DeviceError``.
    """

    def __init__(
        self,
        model: str | None = None,
        weights: Path | str | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        align: Align = "pad",
        tile: int | None = None,
        memory: int | None = None,
        strategy: Strategy = DEFAULT_STRATEGY,
        views: int | None = None,
        scales: int | None = None,
        enlarge: bool | None = None,
        fit_colours: bool | None = None,
    ) -> None:
        spec = resolve_model(model or DEFAULT_MODEL)
        place = resolve_device(device)
        checkpoint = find_checkpoint(spec.name, weights)
        state = read_state_dict(checkpoint.path)
        if model is None and weights is not None:
            spec = recognise(state, checkpoint.path)
        network = build_network(spec)
        load_into(network, state, str(checkpoint.path))
        ours = align == "pad" and _is_own(spec, checkpoint)
        if scales is None:
            scales = spec.scales if ours else 1
        if fit_colours is None:
            fit_colours = spec.fits_colours and ours
        area = _enlarged_area(enlarge, spec.enlarges and ours)
        mirrored = MIRRORED_AREA if spec.mirrors and ours else 0
        settings = Settings(
            precision, align, tile, memory, strategy, views, scales, area, mirrored, fit_colours
        )
        self._set_up(network, spec, checkpoint, place, settings)

    @classmethod
    def from_network(
        cls,
        network: nn.Module,
        spec: ModelSpec,
        *,
        device: str = "cpu",
        precision: str = "auto",
        align: Align = "pad",
        tile: int | None = None,
        memory: int | None = None,
        strategy: Strategy = DEFAULT_STRATEGY,
        views: int | None = 1,
        scales: int = 1,
        enlarge: bool = False,
        fit_colours: bool = False,
    ) -> Matter:
        """A ``Matter`` around a copy of a network at hand."""
        matter = cls.__new__(cls)
        area = _enlarged_area(enlarge, False)
        settings = Settings(
            precision, align, tile, memory, strategy, views, scales, area, 0, fit_colours
        )
        own = copy.deepcopy(network)
        matter._set_up(own, spec, None, resolve_device(device), settings)
        return matter

    def _set_up(
        self,
        network: nn.Module,
        spec: ModelSpec,
        checkpoint: Checkpoint | None,
        device: torch.device,
        settings: Settings,
    ) -> None:
        align = settings.align
        check_align(align, spec)
        check_scales(settings.scales)
        _check_needs_trimap(spec, settings)
        check_views(settings.views)
        self._views = settings.views
        self._enlarged_area, self._mirrored_area = settings.enlarged_area, settings.mirrored_area
        self.spec = spec
        self.device = device
        self.align = align
        self.checkpoint = checkpoint
        network = set_folded(bake(network)).to(device)
        divisible = isinstance(network, StagedNetwork)
        measured = align == "pad" and checkpoint is not None and checkpoint.source == "bundled"
        precision = resolve_precision(settings.precision, device, divisible, measured)
        if divisible:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            lay_out(network, precision)
        self.on_progress: Progress | None = None
        budget = MemoryBudget(device, settings.memory)
        if not spec.needs_trimap:
            views = views_of(settings.views or 1)
            self._trimap_free = TrimapFree(
                network, spec, device, precision, settings.strategy, align, views
            )
        elif isinstance(network, StagedNetwork):
            self._forward: Forward = StagedForward(network, budget, precision, settings.tile)
        else:
            self._forward = TiledForward(network, spec, budget, precision, settings.tile)
        self.report = Report(
            model=spec.name,
            checkpoint=checkpoint.name if checkpoint else "in memory",
            checkpoint_source=checkpoint.source if checkpoint else "in memory",
            device=describe_device(device),
            precision=precision,
            align=align,
            scales=settings.scales,
            fit_colours=settings.fit_colours,
            views=self._views or 1,
            strategy=None if spec.needs_trimap else settings.strategy,
        )

    def for_previews(self) -> Matter:
        """One that by default sees every picture once at its own size, and none at twice that.

        They share a network and all other settings.
        """
        other = copy.copy(self)
        other._enlarged_area = other._mirrored_area = 0
        other.report = replace(self.report, enlarged=False)
        return other

    def matte(
        self, image: NDArray[np.generic], trimap: NDArray[np.uint8] | None = None
    ) -> NDArray[np.float32]:
        """Alpha H x W float32 in [0, 1], exactly 0 or 1 where the trimap is known.

        ``image`` H x W x 3 RGB uint8, uint16, or floating in [0, 1]; ``trimap`` H x W uint8 with
        0 background, 128 unknown, 255 foreground. A trimap without unknown pixels is the answer.
        A model that needs no trimap takes none.
        Raises ``InputError`` for arrays that do not fit, ``UsageError`` for a trimap that lacks
        or is too many, ``DeviceError`` when memory runs out.
        """
        if trimap is None:
            return self.find(image).alpha
        self._check_trimap_wanted(True)
        check_image(image)
        check_trimap(image, trimap)
        self.report.tiles, self.report.tile = 0, None
        return self._matte(image, trimap, self.align)

    @outlives_memory
    def _matte(self, image: NDArray[np.generic], trimap: NDArray[np.uint8], align: Align) -> Planes:
        """Alpha of a picture: the network's at each size, the smallest first, joined and fitted."""
        looks = scenes(image, trimap, self.report.scales)
        views = self._plan_views(len(looks), trimap.size)
        parts = self._parts(sum(map(len, views)) + len(looks) * self.report.fit_colours)
        coarse: Planes | None = None
        while looks:
            scene = looks.pop()
            alpha = self._matte_scene(scene, views.pop(), align, parts)
            if coarse is not None:
                add_coarse(alpha, coarse, scene.trimap)
            if self.report.enlarged and not looks:
                fine = self._matte_scene(enlarged(scene), views.pop(), align, parts)
                add_fine(alpha, fine, trimap)
            if self.report.fit_colours:
                fit_picture(*scene, alpha, self.device, next(parts))
            coarse = alpha
        return alpha

    def _plan_views(self, sizes: int, pixels: int) -> list[list[View]]:
        """The views at each size, the largest first; notes in the report what that is."""
        self.report.enlarged = pixels <= self._enlarged_area
        mirrored = pixels <= self._mirrored_area and not self.report.enlarged
        views = views_by_size(self._views, sizes + self.report.enlarged, mirrored)
        self.report.views = len(views[0])
        return views

    def _matte_scene(
        self, scene: Scene, views: list[View], align: Align, parts: Iterator[Progress | None]
    ) -> Planes:
        """Mean alpha of the views of a picture at one size."""
        image, trimap = scene
        alpha = (trimap == FOREGROUND).astype(np.float32)
        for view in views:
            seen = Scene(view.of(image), view.of(trimap))
            self._add_view(seen, view.of(alpha), 1 / len(views), align, next(parts))
        return alpha

    def _add_view(
        self, scene: Scene, alpha: Planes, share: float, align: Align, progress: Progress | None
    ) -> None:
        """Add this view's share to ``alpha`` where the trimap is unknown; it is 0 there first."""
        image, trimap = scene
        height, width = trimap.shape
        for window in windows(height, width, self.spec, align):
            if (trimap[window] == UNKNOWN).any():
                part = Scene(image[window], trimap[window])
                found = self._estimate(part, align, progress)
                found *= share  # a power of two: no rounding
                # Compared once more: a mask kept all the while is a byte a pixel.
                unknown = trimap[window] == UNKNOWN
                np.add(alpha[window], found, out=alpha[window], where=unknown)

    def _estimate(self, scene: Scene, align: Align, progress: Progress | None) -> Planes:
        """Alpha of one part of a picture, at its size, by one forward pass."""
        height, width = scene.trimap.shape
        source = picture_input(scene.image, scene.trimap, self.spec, align)
        raw = self._run(source, progress)[0, 0].numpy()
        return restore(raw, height, width, self.spec, align)

    @outlives_memory
    def find(self, image: NDArray[np.generic]) -> Found:
        """Alpha and trimap of ``image`` (as ``matte`` takes it), by a model that needs no trimap.

        Raises ``UsageError`` for a model that needs one, ``InputError``, ``DeviceError``.
        """
        self._check_trimap_wanted(False)
        check_image(image)
        return self._trimap_free(image, self.on_progress)

    def _check_trimap_wanted(self, given: bool) -> None:
        if given and not self.spec.needs_trimap:
            raise UsageError(f"{self.spec.name} takes no trimap", "leave it out")
        if not given and self.spec.needs_trimap:
            raise UsageError(
                f"{self.spec.name} needs a trimap",
                "give one, or choose a model that needs none, such as aimnet.update",
            )

    def matte_tensor(self, image: Tensor, trimap: Tensor) -> Tensor:
        """Alpha N x 1 x H x W float32 in [0, 1] on the device of ``image``.

        ``image`` N x 3 x H x W RGB in [0, 1]; ``trimap`` N x 1 x H x W: 0, 1, and between them
        (128/255) where it is unknown.
        Pads, whatever ``align`` says. Known pixels come out exactly 0 or 1.
        """
        self._check_trimap_wanted(True)
        self.report.tiles, self.report.tile = 0, None
        levels = torch.where(trimap == 1, FOREGROUND, torch.where(trimap == 0, BACKGROUND, UNKNOWN))
        colours = image.detach().float().permute(0, 2, 3, 1).cpu().numpy()
        classes = levels[:, 0].to(torch.uint8).cpu().numpy()
        alpha = [self._matte(*pair, "pad") for pair in zip(colours, classes, strict=True)]
        return torch.from_numpy(np.stack(alpha)[:, None]).to(image.device)

    def _parts(self, parts: int) -> Iterator[Progress | None]:
        """What to tell in each view and in the fit at each size, one after another."""
        for part in range(parts):
            told = self.on_progress
            yield None if told is None else progress_of_part(told, part, parts)

    def _run(self, source: NetworkInput, progress: Progress | None) -> Tensor:
        if not source.unknown.any():
            return torch.zeros(1, 1, *source.size)
        alpha = self._forward(source, progress)
        self.report.tiles += self._forward.tiles
        self.report.tile = self._forward.tile
        return alpha


def _enlarged_area(enlarge: bool | None, by_default: bool) -> float:
    """Pixels of the largest picture that is seen enlarged."""
    if enlarge is None:
        return ENLARGED_AREA if by_default else 0
    return math.inf if enlarge else 0


def _is_own(spec: ModelSpec, checkpoint: Checkpoint) -> bool:
    """Whether these are weights of ``spec``: the package's, the plug-in's, or from training.

    Looked up for models whose weights are finished otherwise than published ones.
    """
    return (spec.scales > 1 or spec.fits_colours) and (
        checkpoint.source in ("bundled", "plug-in") or trained_model(checkpoint.path) == spec.name
    )


def _check_needs_trimap(spec: ModelSpec, settings: Settings) -> None:
    """Raise ``UsageError`` for what is done in unknown regions with a model that has none."""
    if spec.needs_trimap:
        return
    asked_for = {
        "scales": settings.scales > 1,
        "enlarge": settings.enlarged_area > 0,
        "fit_colours": settings.fit_colours,
    }
    for option, asked in asked_for.items():
        if asked:
            raise UsageError(
                f"{spec.name} takes no trimap, and {option} is for what one leaves unknown",
                f"leave {option} out",
            )


def check_image(image: NDArray[np.generic]) -> None:
    """Raise ``InputError`` unless ``image`` is of a kind that can be matted."""
    if image.ndim != 3 or image.shape[2] != 3:
        raise InputError(f"an image is H x W x 3, not {image.shape}")
    if image.dtype not in (np.uint8, np.uint16) and not np.issubdtype(image.dtype, np.floating):
        raise InputError(f"an image is uint8, uint16 or floating, not {image.dtype}")


def check_trimap(image: NDArray[np.generic], trimap: NDArray[np.uint8]) -> None:
    """Raise ``InputError`` unless ``trimap`` is one of the size of ``image``."""
    if trimap.shape != image.shape[:2]:
        sizes = [f"{width} x {height}" for height, width in (image.shape[:2], trimap.shape[:2])]
        raise InputError(
            f"the image is {sizes[0]} pixels, the trimap {sizes[1]}",
            "give a trimap of the image's size; nothing is resized silently",
        )
    known = (trimap == BACKGROUND) | (trimap == FOREGROUND) | (trimap == UNKNOWN)
    if not known.all():
        raise InputError("a trimap holds 0, 128 and 255 only", "use snap_trimap for other greys")
