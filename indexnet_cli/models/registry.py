"""Model names and what each model needs. Importing this imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
DEFAULT_MODEL = "indexnet.open"


@dataclass(frozen=True)
class PublishedPath:
    """How the published inference code brings a picture to the network's stride and back.

    ``sizing``: cubic resizing to the next larger or the next smaller multiple of the stride, or
    reflection at the right and bottom; or, without a trimap, a share of the picture's size that
    the test strategy sets. ``rounding``: how the result becomes 8-bit grey levels.
    ``shorter_side``: a picture whose shorter side is longer is shrunk to it before anything else.
    """

    sizing: Literal["resize-up", "resize-down", "pad-reflect", "by-strategy"]
    rounding: Literal["truncate", "round"]
    shorter_side: int | None = None


@dataclass(frozen=True)
class ModelSpec:
    """One model: a network, the preprocessing it was trained with, and what it asks for.

    ``name`` is ``architecture.tag``; ``builder`` is ``"module:function"``, a function without
    required arguments that returns the network. Height and width of its input are multiples of
    ``stride``, plus ``stride_offset``. ``mean`` and ``std`` apply to RGB in [0, 1];
    ``recipe`` names the training recipe. ``bytes_per_pixel`` is the peak working memory of a
    float32 forward pass, ``margin`` the context in pixels that a tile needs on each side.
    """

    name: str
    architecture: str
    builder: str
    published: PublishedPath
    needs_trimap: bool = True
    stride: int = 32
    stride_offset: int = 0
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    recipe: str | None = None
    bytes_per_pixel: int = 1400
    margin: int = 512

    @property
    def input_channels(self) -> int:
        """Colours, and the trimap where there is one."""
        return 4 if self.needs_trimap else 3


_INDEXNET = ModelSpec(
    name="indexnet.open",
    architecture="indexnet",
    builder="indexnet_cli.models.indexnet:build_indexnet",
    published=PublishedPath(sizing="resize-up", rounding="truncate"),
    recipe="open",
)

MODELS: dict[str, ModelSpec] = {
    spec.name: spec
    for spec in (
        _INDEXNET,
        replace(_INDEXNET, name="indexnet.official", recipe=None),
        replace(
            _INDEXNET,
            name="indexnet.openmmlab",
            recipe=None,
            published=PublishedPath(sizing="resize-down", rounding="round"),
        ),
        replace(
            _INDEXNET,
            name="indexnet.openmmlab-dimaug",
            recipe=None,
            published=PublishedPath(sizing="pad-reflect", rounding="round"),
        ),
        ModelSpec(
            name="aimnet.update",
            architecture="aimnet",
            builder="indexnet_cli.models.aimnet:build_aimnet",
            published=PublishedPath(sizing="by-strategy", rounding="truncate", shorter_side=1080),
            needs_trimap=False,
            bytes_per_pixel=2100,
        ),
    )
}

DEFAULT_TAGS = {"indexnet": "open", "aimnet": "update"}
DEFAULT_TRIMAP_FREE = "aimnet.update"


def resolve_model(name: str) -> ModelSpec:
    """The model called ``name``; a bare architecture means its default tag.

    Raises ``UsageError`` that lists the known names.
    """
    full_name = f"{name}.{DEFAULT_TAGS[name]}" if name in DEFAULT_TAGS else name
    if full_name not in MODELS:
        raise UsageError(f"there is no model {name!r}", f"known models: {', '.join(MODELS)}")
    return MODELS[full_name]


def build_network(spec: ModelSpec) -> nn.Module:
    """The network of ``spec`` with fresh weights, in training mode, on the current device."""
    module, function = spec.builder.split(":")
    network: nn.Module = getattr(import_module(module), function)()
    return network
