"""Model names and what each model needs. Importing this imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from indexnet_cli.errors import UsageError
from indexnet_cli.models.plugins import load_plugin, plugin_entry_points

if TYPE_CHECKING:
    from torch import nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
DEFAULT_MODEL = "indexnet.open"


@dataclass(frozen=True)
class PublishedPath:
    """How the published inference code brings a picture to the network's stride and back.

    ``sizing``: resampling to the next larger or the next smaller multiple of the stride,
    reflection at the right and bottom, zeros there (of what the network gets), resampling to
    ``window``, or, without a trimap, to a share of the picture's size that the test strategy sets.
    ``rounding``: how the result becomes 8-bit grey levels, if it does. ``shorter_side``: a picture
    whose shorter side is longer is shrunk to it before anything else. ``colours`` and ``trimap``:
    how these are interpolated; the matte comes back as the colours went. ``resampled``: the
    picture as it was read, or as the network gets it; an 8-bit picture is rounded once more by
    the former. ``max_side``: a longer height or width is reduced to it, each by itself.
    ``window``: height and width in which the code can also take a picture, tile by tile or as a
    whole.
    """

    sizing: Literal["resize-up", "resize-down", "pad-reflect", "pad-zero", "window", "by-strategy"]
    rounding: Literal["truncate", "round", "none"]
    shorter_side: int | None = None
    colours: Literal["cubic", "linear"] = "cubic"
    trimap: Literal["nearest", "linear"] = "nearest"
    resampled: Literal["picture", "normalised"] = "normalised"
    max_side: int | None = None
    window: tuple[int, int] | None = None


@dataclass(frozen=True)
class ModelSpec:
    """One model: a network, the preprocessing it was trained with, and what it asks for.

    ``name`` is ``architecture.tag``; ``builder`` is ``"module:function"``, a function that
    returns the network when called with ``options`` (none needed). Height and width of its input
    are multiples of ``stride``, plus ``stride_offset``. ``mean`` and ``std`` apply to RGB in
    [0, 1]; ``recipe`` names the training recipe. ``bytes_per_pixel`` is the peak working memory
    of a float32 forward pass, ``bytes_per_pixel_pair`` what attention adds for every pair of
    pixels; ``margin`` the context in pixels that a tile needs on each side to come out as the
    whole picture does, or nearly so where ``exact_tiles`` is false. ``scales``: at how many sizes
    its weights do best to look at a picture (``engine.scales``); ``enlarges``: whether small
    ones should be enlarged, too; ``mirrors``: whether others should also be seen mirrored;
    ``fits_colours``: they are trained for mattes that are fitted to the picture's colours
    (``colour_lines``).

    For plug-ins: ``requires`` maps a package to what pip must install for it; ``weights`` is a
    file that the plug-in brings, in place of an entry of the manifest.
    """

    name: str
    architecture: str
    builder: str
    published: PublishedPath
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_trimap: bool = True
    stride: int = 32
    stride_offset: int = 0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    recipe: str | None = None
    bytes_per_pixel: int = 1400
    bytes_per_pixel_pair: float = 0.0
    margin: int = 512
    exact_tiles: bool = True
    scales: int = 1
    enlarges: bool = False
    mirrors: bool = False
    fits_colours: bool = False
    requires: Mapping[str, str] = field(default_factory=dict)
    weights: Path | None = None

    @property
    def input_channels(self) -> int:
        """Colours, and the trimap where there is one."""
        return 4 if self.needs_trimap else 3


_INDEXNET = ModelSpec(
    name="indexnet.official",
    architecture="indexnet",
    builder="indexnet_cli.models.indexnet:build_indexnet",
    published=PublishedPath(sizing="resize-up", rounding="truncate"),
)

_OPEN = replace(
    _INDEXNET,
    name="indexnet.open",
    recipe="open",
    scales=3,
    enlarges=True,
    mirrors=True,
    fits_colours=True,
)

# A pixel of alpha depends on a window of the picture that ends at most this many pixels away, so
# these margins (with half a stride for blending) make tiles exact: 217 pixels for DIM, 221 with
# refinement, 281 for Deep Matting with its 7 x 7 convolution at 1/32.
_DEEPMATTING = ModelSpec(
    name="deepmatting.official",
    architecture="deepmatting",
    builder="indexnet_cli.models.deepmatting:DeepMatting",
    published=PublishedPath(sizing="resize-up", rounding="truncate"),
    bytes_per_pixel=1300,
    margin=320,
)

_DIM = ModelSpec(
    name="dim.stage1-skip",
    architecture="dim",
    builder="indexnet_cli.models.dim:DeepImageMatting",
    published=PublishedPath(
        sizing="resize-down",
        rounding="truncate",
        colours="linear",
        trimap="linear",
        resampled="picture",
        max_side=1600,
        window=(320, 320),
    ),
    options={"skip": True},
    bytes_per_pixel=1500,
    margin=256,
)

_CHAINER_DIM = ModelSpec(
    name="dim.chainer",
    architecture="dim",
    builder="indexnet_cli.models.dim:ChainerDeepImageMatting",
    published=replace(_DIM.published, sizing="window", resampled="normalised"),
    mean=(123.68 / 255, 116.779 / 255, 103.939 / 255),
    std=(1.0, 1.0, 1.0),
    bytes_per_pixel=1100,
    margin=352,
)

_CONV1X1 = {"skip": False, "conv6_kernel": 1}
_CONV1X1_TAGS = ("stage1-conv1x1", "stage1-57.1", "stage1-58.7", "stage0-62.0", "stage0-69.1")

_AIMNET = ModelSpec(
    name="aimnet.update",
    architecture="aimnet",
    builder="indexnet_cli.models.aimnet:build_aimnet",
    published=PublishedPath(sizing="by-strategy", rounding="truncate", shorter_side=1080),
    needs_trimap=False,
    bytes_per_pixel=2100,
)

MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        _OPEN,
        replace(
            _OPEN,
            name="indexnet.open-small",
            builder="indexnet_cli.models.indexnet:build_small_indexnet",
            recipe="open-small",
        ),
        _INDEXNET,
        replace(
            _INDEXNET,
            name="indexnet.openmmlab",
            published=PublishedPath(sizing="resize-down", rounding="round"),
        ),
        replace(
            _INDEXNET,
            name="indexnet.openmmlab-dimaug",
            published=PublishedPath(sizing="pad-reflect", rounding="round"),
        ),
        _AIMNET,
        replace(_AIMNET, name="aimnet.duts"),
        _DEEPMATTING,
        _DIM,
        replace(_DIM, name="dim.stage0", options={"skip": False}),
        replace(_DIM, name="dim.stage1", options={"skip": False}),
        *(replace(_DIM, name=f"dim.{tag}", options=_CONV1X1) for tag in _CONV1X1_TAGS),
        *(
            replace(_DIM, name=f"dim.{tag}", options={**_CONV1X1, "refine": True})
            for tag in ("refine-conv1x1", "stage2-57.7")
        ),
        replace(_DIM, name="dim.refine", options={"skip": False, "refine": True}),
        replace(_DIM, name="dim.refine-skip", options={"skip": True, "refine": True}),
        _CHAINER_DIM,
    )
}

# Published, but how their input was prepared is not.
NOT_RUN = {
    "dim.stage0-72.9": "it was trained on colours that were not normalised, and how they were "
    "scaled is not published",
}

DEFAULT_TAGS = {
    "indexnet": "open",
    "deepmatting": "official",
    "dim": "stage1-skip",
    "aimnet": "update",
    "vitmatte": "small",
}
DEFAULT_TRIMAP_FREE = "aimnet.update"


def model_names() -> list[str]:
    """Every model that can be asked for, those of plug-ins last; none of these is imported."""
    return list(dict.fromkeys([*MODELS, *plugin_entry_points()]))


def resolve_model(name: str) -> ModelSpec:
    """The model called ``name``; a bare architecture means its default, or only, tag.

    Raises ``UsageError``: no such model (with the known names), a package that it needs is not
    installed (with how to), or a plug-in that cannot be imported.
    """
    full_name = _full_name(name)
    if full_name in NOT_RUN:
        raise UsageError(
            f"{full_name} cannot be run: {NOT_RUN[full_name]}",
            "the releases after it can: dim.stage0-69.1",
        )
    spec = MODELS.get(full_name) or _model_of_plugin(full_name)
    if spec is None:
        raise UsageError(f"there is no model {name!r}", f"known models: {', '.join(model_names())}")
    for package in missing_packages(spec):
        raise UsageError(
            f"{spec.name} needs the package {package}, which is not installed",
            f'pip install "{spec.requires[package]}"',
        )
    return spec


def missing_packages(spec: ModelSpec) -> list[str]:
    """What ``spec`` requires and is not installed; nothing is imported to find out."""
    return [package for package in spec.requires if find_spec(package) is None]


def plugin_models() -> list[ModelSpec]:
    """The models of all plug-ins whose packages are installed. Raises as ``resolve_model``."""
    specs = [_model_of_plugin(name) for name in plugin_entry_points() if name not in MODELS]
    return [spec for spec in specs if spec is not None and not missing_packages(spec)]


def _full_name(name: str) -> str:
    if name in DEFAULT_TAGS:
        return f"{name}.{DEFAULT_TAGS[name]}"
    if "." in name:
        return name
    tagged = [known for known in plugin_entry_points() if known.startswith(f"{name}.")]
    return tagged[0] if len(tagged) == 1 else name


def _model_of_plugin(name: str) -> ModelSpec | None:
    entry_point = plugin_entry_points().get(name)
    if entry_point is None:
        return None
    spec = load_plugin(entry_point)
    if not isinstance(spec, ModelSpec) or spec.name != name:
        raise UsageError(
            f"the plug-in {entry_point.value} is no ModelSpec called {name}",
            "its author has to correct it: docs/plugins.md",
        )
    return spec


def build_network(spec: ModelSpec) -> nn.Module:
    """The network of ``spec`` with fresh weights, in training mode, on the current device."""
    module, function = spec.builder.split(":")
    network: nn.Module = getattr(import_module(module), function)(**spec.options)
    return network
