"""Which layout a training folder has, and whether its files are whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from indexnet_cli.datasets.layouts.adobe import read_adobe
from indexnet_cli.datasets.layouts.aim import read_aim, read_aim500, read_background_set
from indexnet_cli.datasets.layouts.chainer import read_chainer
from indexnet_cli.datasets.layouts.dim import read_dim
from indexnet_cli.datasets.layouts.duts import read_duts
from indexnet_cli.datasets.layouts.findings import Findings
from indexnet_cli.datasets.layouts.listing import holds_pictures, photographs
from indexnet_cli.datasets.layouts.plain import read_cut_outs, read_plain
from indexnet_cli.datasets.layouts.scene import Layout
from indexnet_cli.errors import InputError
from indexnet_cli.imaging.opening import MAX_PIXELS, identify, open_source, own_size_limit

_ORIENTATION, _TURNED = 0x0112, 5  # EXIF: 5 to 8 swap width and height

# The more particular first.
_READERS: tuple[Callable[[Path, Findings], Layout | None], ...] = (
    read_adobe,
    read_dim,
    read_chainer,
    read_aim500,
    read_aim,
    read_plain,
    read_duts,
    read_cut_outs,
)


def read_layouts(roots: Sequence[Path], backgrounds: Path | None = None) -> tuple[Layout, ...]:
    """Recognise every root and check all its files.

    A root of photographs alone is a folder of backgrounds, as ``backgrounds`` is. Raises
    InputError for a folder of no known layout, and one that names every file that is missing,
    has no partner, is no picture, or is of another size than its alpha.
    """
    findings = Findings()
    layouts = [_recognise(root, findings) for root in roots]
    if backgrounds is not None:
        behind = photographs(backgrounds)
        if not behind:
            findings.add(backgrounds, "holds no pictures")
        layouts.append(Layout("photographs", (), behind))
    for layout in layouts:
        _check_files(layout, findings)
    findings.stop(", ".join(str(root) for root in roots))
    return tuple(layouts)


def _recognise(root: Path, findings: Findings) -> Layout:
    if not root.is_dir():
        raise InputError(f"{root} is not a folder.", "Name the folder of the training data.")
    for reader in _READERS:
        layout = reader(root, findings)
        if layout is not None:
            return layout
    if holds_pictures(root) or (root / "train").is_dir():
        layout = read_background_set(root, findings)
        if layout is not None:
            return layout
    raise InputError(
        f"{root} has none of the layouts known: it holds {_contents(root)}.",
        "Simplest: image/ and alpha/ with the same names. docs/data-layouts.md shows all.",
    )


def _contents(root: Path) -> str:
    names = sorted(f"{p.name}/" if p.is_dir() else p.name for p in root.iterdir())
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return shown or "nothing"


def _check_files(layout: Layout, findings: Findings) -> None:
    """Read every header: no picture, or another size than the alpha's."""
    sizes: dict[Path, tuple[int, int] | None] = {}
    for scene in (*layout.scenes, *layout.held_out):
        for path in scene.files():
            if path not in sizes and path.is_file():
                sizes[path] = _picture_size(path, findings)
        size = sizes.get(scene.alpha)
        for path in scene.files():
            found = sizes.get(path)
            if found is not None and size is not None and found != size:
                findings.add(
                    path,
                    f"is {found[0]} x {found[1]}, but {scene.alpha.name} is {size[0]} x {size[1]}",
                )
    for path in layout.backgrounds:
        if path.stat().st_size == 0:
            findings.add(path, "is empty")


def _picture_size(path: Path, findings: Findings) -> tuple[int, int] | None:
    try:
        with own_size_limit(), open_source(path, MAX_PIXELS) as handle:
            image = identify(handle, str(path), MAX_PIXELS)
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION, 1) >= _TURNED
    except InputError as error:
        findings.add(path, error.message.removeprefix(f"{path} ").rstrip("."))
        return None
    return (height, width) if turned else (width, height)
