"""Models that other packages bring, by the entry-point group ``indexnet.models``.

An entry point is called as the model, ``architecture.tag``, and points to its ``ModelSpec``.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from indexnet_cli.errors import UsageError

GROUP = "indexnet.models"


def plugin_entry_points() -> dict[str, EntryPoint]:
    """By model name; read from the metadata of what is installed, without importing any of it.

    Where several packages bring a model of one name, the first on ``sys.path`` counts.
    """
    found: dict[str, EntryPoint] = {}
    for entry_point in entry_points(group=GROUP):
        found.setdefault(entry_point.name, entry_point)
    return found


def load_plugin(entry_point: EntryPoint) -> object:
    """What ``entry_point`` points to. Raises ``UsageError`` if it cannot be imported."""
    try:
        return entry_point.load()
    except (ImportError, AttributeError) as error:
        package = entry_point.dist.name if entry_point.dist else entry_point.module
        raise UsageError(
            f"the plug-in for {entry_point.name} cannot be imported: {error}",
            f"install {package} again, or remove it",
        ) from error
