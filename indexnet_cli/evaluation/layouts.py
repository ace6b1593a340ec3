"""Ground truth on disk: which alpha and trimap belong to which image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexnet_cli.datasets.layouts.adobe import foreground_name
from indexnet_cli.datasets.layouts.listing import first_folder
from indexnet_cli.errors import InputError
from indexnet_cli.evaluation.problems import Problem
from indexnet_cli.json_reading import parse_json

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
AIM_CATEGORIES = "aim_category_type.json"
_ALPHA = ("alpha", "alphas", "alpha_copy", "gt", "truth", "mask")
_TRIMAP = ("trimap", "trimaps")
_IMAGE = ("image", "images", "merged", "original", "input")
_NESTED = ("", "test", "Test_set", "Adobe-licensed images", "Test_set/Adobe-licensed images")


@dataclass(frozen=True)
class Entry:
    """One image of a set; ``kind`` is the type of AIM-500 (SO, STM, NS)."""

    name: str
    alpha: Path
    trimap: Path | None = None
    image: Path | None = None
    category: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Folders:
    """Where the parts of a set lie, and by which layout."""

    layout: str
    alpha: Path
    trimap: Path | None = None
    image: Path | None = None
    categories: Path | None = None


@dataclass(frozen=True)
class TruthSet:
    """A set of ground truth, in the order of its names, and what is wrong with its files."""

    folders: Folders
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def layout(self) -> str:
        """Composition-1k, AIM-500, alphamatting.com or plain."""
        return self.folders.layout


def recognise(folder: Path) -> Folders:
    """Find the parts of a set by the names of its folders.

    Knows AIM-500 (original, mask, trimap), alphamatting.com (gt_training_lowres,
    trimap_training_lowres/Trimap1 and _highres), Composition-1k (alpha, trimaps, merged, also below
    Test_set) and plain folders (alpha, trimap, image). Raises InputError for anything else.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", "Name the folder of the ground truth.")
    if (folder / "original").is_dir() and (folder / "mask").is_dir():
        categories = folder / AIM_CATEGORIES
        return Folders(
            "AIM-500",
            folder / "mask",
            first_folder(folder, _TRIMAP),
            folder / "original",
            categories if categories.is_file() else None,
        )
    for size in ("lowres", "highres"):
        truth = folder / f"gt_training_{size}"
        if truth.is_dir():
            trimaps = folder / f"trimap_training_{size}"
            image = first_folder(folder, (f"input_training_{size}",))
            return Folders("alphamatting.com", truth, first_folder(trimaps, ("Trimap1", "")), image)
    alpha = first_folder(folder, _ALPHA, _NESTED)
    if alpha is not None:
        trimap = first_folder(folder, _TRIMAP, _NESTED)
        return Folders("plain", alpha, trimap, first_folder(folder, _IMAGE, _NESTED))
    raise InputError(
        f"{folder} has none of the layouts known: no folder of alphas in it.",
        "Known: alpha/, trimap/ and image/; Composition-1k; alphamatting.com; AIM-500.\n"
        "  Or name the folders with --alpha and --trimap.",
    )


def read_truth(folders: Folders) -> TruthSet:
    """Pair alphas, trimaps and images by stem.

    With trimaps there is one entry a trimap; its alpha has its name, or that of its foreground
    (``name_12`` -> ``name``, as in Composition-1k). Raises InputError for an empty folder and for
    unreadable categories.
    """
    alphas = _by_stem(folders.alpha)
    trimaps = _by_stem(folders.trimap) if folders.trimap else {}
    images = _by_stem(folders.image) if folders.image else {}
    kinds = _read_categories(folders.categories) if folders.categories else {}
    entries: list[Entry] = []
    problems: list[Problem] = []
    used: set[str] = set()
    for name in trimaps or alphas:
        of = name if name in alphas else foreground_name(name)
        if of not in alphas:
            problems.append(
                Problem("unpaired", str(trimaps[name]), "there is no alpha of its name")
            )
            continue
        used.add(of)
        kind, category = kinds.get(name, (None, None))
        entries.append(Entry(name, alphas[of], trimaps.get(name), images.get(name), category, kind))
    problems += [
        Problem("unpaired", str(alphas[name]), "there is no trimap of its name")
        for name in alphas
        if name not in used
    ]
    if not entries:
        raise InputError(
            f"{folders.alpha}: no alpha has a trimap of its name.", "Check the two folders."
        )
    numbered = any(entry.name != entry.alpha.stem for entry in entries)
    if folders.layout == "plain" and numbered:
        folders = Folders("Composition-1k", folders.alpha, folders.trimap, folders.image)
    return TruthSet(folders, tuple(entries), tuple(problems))


def pictures(folder: Path) -> Iterator[Path]:
    """The picture files of a folder, by name. Raises InputError if it cannot be listed."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{folder} cannot be listed: {reason}.", "Name a folder.") from error
    hidden = "."
    return (p for p in found if p.suffix.lower() in SUFFIXES and not p.name.startswith(hidden))


def _by_stem(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in pictures(folder):
        if path.stem in found:
            raise InputError(
                f"{found[path.stem]} and {path.name} have the same stem.", "Take one away."
            )
        found[path.stem] = path
    if not found:
        raise InputError(f"{folder} holds no pictures.", f"Read are {', '.join(SUFFIXES)}.")
    return found


def _read_categories(path: Path) -> dict[str, tuple[str | None, str | None]]:
    """Type and category by the image's stem."""
    try:
        content = parse_json(path.read_text("utf-8"))
        return {
            Path(name).stem: (about.get("type"), about.get("category"))
            for name, about in content.items()
        }
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} is not the list of AIM-500's types and categories ({error}).",
            "Download it again, or move it away to score without categories.",
        ) from error
