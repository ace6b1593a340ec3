"""``Matter``: image and trimap in, alpha matte out; without a trimap where the model allows it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.checkpoints.locating import Checkpoint, find_checkpoint
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.checkpoints.recognition import recognise, trained_model
from indexnet_cli.engine.alignment import (
    Align,
    Planes,
    check_align,
    restore,
    round_up,
    windows,
)
from indexnet_cli.engine.colour_fit import fit_picture
from indexnet_cli.engine.device import describe_device, resolve_device
from indexnet_cli.engine.inputs import NetworkInput, picture_input, tensor_input
from indexnet_cli.engine.memory import MemoryBudget
from indexnet_cli.engine.precision import lay_out, resolve_precision
from indexnet_cli.engine.progress import Progress
from indexnet_cli.engine.staged_forward import StagedForward
from indexnet_cli.engine.staged_network import StagedNetwork
from indexnet_cli.engine.strategies import DEFAULT_STRATEGY, Strategy
from indexnet_cli.engine.tiled_forward import TiledForward
from indexnet_cli.engine.trimap_free import Found, TrimapFree
from indexnet_cli.engine.views import progress_of_part, views_of
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.imaging.trimaps import BACKGROUND, FOREGROUND, UNKNOWN
from indexnet_cli.models.folding import bake, set_folded
from indexnet_cli.models.registry import DEFAULT_MODEL, ModelSpec, build_network, resolve_model

Forward = StagedForward | TiledForward


@dataclass
class Report:
    """What a ``Matter`` used; ``tiles`` (of all views) and ``tile`` are those of the last matte.

    ``strategy`` is that of a model without trimap, which is not tiled.
    """

    model: str
    checkpoint: str
    checkpoint_source: str
    device: str
    precision: str
    align: str
    views: int
    fit_colours: bool
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
    ``fit_colours``: whether the alpha is then fitted to the picture's colours
    (``models.colour_lines``), by default as the weights were trained.
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
        views: int = 1,
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
        if fit_colours is None:
            fit_colours = align == "pad" and _trained_to_fit(spec, checkpoint)
        self._set_up(
            network,
            spec,
            checkpoint,
            place,
            precision,
            align,
            tile,
            memory,
            strategy,
            views,
            fit_colours,
        )

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
        views: int = 1,
        fit_colours: bool = False,
    ) -> Matter:
        """A ``Matter`` around a copy of a network at hand."""
        matter = cls.__new__(cls)
        place = resolve_device(device)
        own = copy.deepcopy(network)
        matter._set_up(
            own, spec, None, place, precision, align, tile, memory, strategy, views, fit_colours
        )
        return matter

    def _set_up(
        self,
        network: nn.Module,
        spec: ModelSpec,
        checkpoint: Checkpoint | None,
        device: torch.device,
        precision: str,
        align: Align,
        tile: int | None,
        memory: int | None,
        strategy: Strategy,
        views: int,
        fit_colours: bool,
    ) -> None:
        check_align(align, spec)
        if fit_colours and not spec.needs_trimap:
            raise UsageError(
                f"{spec.name} takes no trimap, and only what one leaves unknown can be fitted",
                "leave fit_colours out",
            )
        self._views = views_of(views)
        self.spec = spec
        self.device = device
        self.align = align
        self.checkpoint = checkpoint
        network = set_folded(bake(network)).to(device)
        divisible = isinstance(network, StagedNetwork)
        measured = align == "pad" and checkpoint is not None and checkpoint.source == "bundled"
        precision = resolve_precision(precision, device, divisible, measured)
        if divisible:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            lay_out(network, precision)
        self.on_progress: Progress | None = None
        budget = MemoryBudget(device, memory)
        if not spec.needs_trimap:
            self._trimap_free = TrimapFree(
                network, spec, device, precision, strategy, align, self._views
            )
        elif isinstance(network, StagedNetwork):
            self._forward: Forward = StagedForward(network, budget, precision, tile)
        else:
            self._forward = TiledForward(network, spec, budget, precision, tile)
        self.report = Report(
            model=spec.name,
            checkpoint=checkpoint.name if checkpoint else "in memory",
            checkpoint_source=checkpoint.source if checkpoint else "in memory",
            device=describe_device(device),
            precision=precision,
            align=align,
            views=views,
            fit_colours=fit_colours,
            strategy=None if spec.needs_trimap else strategy,
        )

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
        alpha = (trimap == FOREGROUND).astype(np.float32)
        self.report.tiles, self.report.tile = 0, None
        for number, view in enumerate(self._views):
            progress = self._progress_of(number)
            self._add_view(view.of(image), view.of(trimap), view.of(alpha), progress)
        if self.report.fit_colours:
            fit_picture(image, trimap, alpha, self.device, self._progress_of(len(self._views)))
        return alpha

    def _add_view(
        self,
        image: NDArray[np.generic],
        trimap: NDArray[np.uint8],
        alpha: Planes,
        progress: Progress | None,
    ) -> None:
        """Add this view's share to ``alpha`` where ``trimap`` is unknown; it is 0 there first."""
        height, width = trimap.shape
        for window in windows(height, width, self.spec, self.align):
            if (trimap[window] == UNKNOWN).any():
                found = self._estimate(image[window], trimap[window], progress)
                found /= len(self._views)  # a power of two: no rounding
                # Compared once more: a mask kept all the while is a byte a pixel.
                unknown = trimap[window] == UNKNOWN
                np.add(alpha[window], found, out=alpha[window], where=unknown)

    def _estimate(
        self, image: NDArray[np.generic], trimap: NDArray[np.uint8], progress: Progress | None
    ) -> Planes:
        """Alpha of one part of a picture, at its size, by one forward pass."""
        height, width = trimap.shape
        source = picture_input(image, trimap, self.spec, self.align)
        raw = self._run(source, progress)[0, 0].numpy()
        return restore(raw, height, width, self.spec, self.align)

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

        ``image`` N x 3 x H x W RGB in [0, 1]; ``trimap`` N x 1 x H x W in [0, 1]: 0, 128/255, 1.
        Pads, whatever ``align`` says. Known pixels come out exactly 0 or 1.
        """
        self._check_trimap_wanted(True)
        self.report.tiles = 0
        mean = torch.tensor(self.spec.mean, device=image.device).view(1, 3, 1, 1)
        std = torch.tensor(self.spec.std, device=image.device).view(1, 3, 1, 1)
        x = torch.cat([(image.float() - mean) / std, trimap.float()], dim=1)
        alpha = torch.cat([self._estimate_tensor(sample) for sample in x.split(1)])
        known = trimap.cpu()
        alpha = torch.where(known == 1, 1.0, torch.where(known == 0, 0.0, alpha))
        if self.report.fit_colours:
            for picture, trimap_plane, plane in zip(image, known[:, 0], alpha[:, 0], strict=True):
                self._fit_tensor(picture, trimap_plane, plane)
        return alpha.to(image.device)

    def _fit_tensor(self, picture: Tensor, trimap: Tensor, alpha: Tensor) -> None:
        """Fit ``alpha`` H x W, in place; ``picture`` is 3 x H x W."""
        levels = torch.where(trimap == 1, FOREGROUND, torch.where(trimap == 0, 0, UNKNOWN))
        fit_picture(
            picture.detach().float().permute(1, 2, 0).cpu().numpy(),
            levels.to(torch.uint8).numpy(),
            alpha.numpy(),
            self.device,
            self._progress_of(len(self._views)),
        )

    def _estimate_tensor(self, sample: Tensor) -> Tensor:
        """Mean alpha 1 x 1 x H x W of the views of a normalised ``sample`` 1 x 4 x H x W."""
        total = torch.zeros(1, 1, *sample.shape[-2:])
        mode = "constant" if self.spec.published.sizing == "pad-zero" else "replicate"
        for number, view in enumerate(self._views):
            x = view.of_tensor(sample)
            height, width = x.shape[-2:]
            down = round_up(height, self.spec.stride, self.spec.stride_offset) - height
            right = round_up(width, self.spec.stride, self.spec.stride_offset) - width
            source = tensor_input(F.pad(x, (0, right, 0, down), mode=mode))
            progress = self._progress_of(number)
            alpha = self._run(source, progress)[..., :height, :width]
            total += view.undo(alpha).clamp(0, 1) / len(self._views)
        return total

    def _progress_of(self, part: int) -> Progress | None:
        """What to tell in a view, or in the fit after them, which counts as one more."""
        if self.on_progress is None:
            return None
        parts = len(self._views) + self.report.fit_colours
        return progress_of_part(self.on_progress, part, parts)

    def _run(self, source: NetworkInput, progress: Progress | None) -> Tensor:
        if not source.unknown.any():
            return torch.zeros(1, 1, *source.size)
        alpha = self._forward(source, progress)
        self.report.tiles += self._forward.tiles
        self.report.tile = self._forward.tile
        return alpha


def _trained_to_fit(spec: ModelSpec, checkpoint: Checkpoint) -> bool:
    """Whether these are weights of ``spec``, the package's or from training, that fit colours."""
    return spec.fits_colours and (
        checkpoint.source == "bundled" or trained_model(checkpoint.path) == spec.name
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
