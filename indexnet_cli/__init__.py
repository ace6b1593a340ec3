"""IndexNet matting: image and trimap in, alpha matte out.

>>> import indexnet_cli
>>> alpha = indexnet_cli.load_matter().matte(image, trimap)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexnet_cli.engine.matter import Matter as Matter

__version__ = "0.1.0"

# Imported on first use, so that `indexnet --help` does not wait for torch.
_LAZY = {
    "Matter": "indexnet_cli.engine.matter",
    "make_trimap": "indexnet_cli.imaging.trimaps",
    "estimate_foreground": "indexnet_cli.imaging.foreground",
    "score": "indexnet_cli.metrics.scoring",
}
__all__ = ["__version__", "load_matter", *_LAZY]


def load_matter(model: str | None = None, **options: Any) -> Matter:
    """A ``Matter`` for the model called ``model`` (default: ``indexnet.open``, or what the keys of
    a file given as ``weights`` say); ``options`` as ``Matter`` takes them.
    """
    from indexnet_cli.engine.matter import Matter

    return Matter(model, **options)


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
