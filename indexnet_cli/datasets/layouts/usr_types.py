"""AIM's types of pictures, which decide what a unified semantic representation looks like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from indexnet_cli.errors import InputError
from indexnet_cli.imaging.trimap_recipes import USR_KINDS
from indexnet_cli.json_reading import parse_json

_SETS = ("DIM", "HATT", "AM2K")


@dataclass(frozen=True)
class UsrTypes:
    """SO, STM or NS by set and stem; the set is "" where the list names none."""

    kinds: dict[tuple[str, str], str]

    def of(self, set_name: str, stem: str) -> str | None:
        """The type of a picture of a set, or of a list without sets."""
        return self.kinds.get((set_name, stem), self.kinds.get(("", stem)))

    def of_file(self, path: Path) -> str:
        """The type of a file: by the set that its folders name, or the only one that lists it.

        Raises InputError where there is none, and where sets disagree.
        """
        found = self.of(set_name(path.absolute().parent), path.stem)
        if found is not None:
            return found
        kinds = {kind for (_, stem), kind in self.kinds.items() if stem == path.stem}
        if len(kinds) == 1:
            return kinds.pop()
        if kinds:
            raise InputError(
                f"{path}: its name has several types in the list ({', '.join(sorted(kinds))}).",
                f"Put it below a folder named as its set: {', '.join(_SETS)}.",
            )
        raise InputError(f"{path}: the list has no type for it.", "Add one: SO, STM or NS.")


def read_types(path: Path) -> UsrTypes:
    """Read a list of types (JSON).

    Takes AIM's ``{"DIM": {name: type}, ...}``, AIM-500's ``{name: {"type": type}}``, and
    ``{name: type}``. Raises InputError.
    """
    try:
        content = parse_json(path.read_text("utf-8"))
        found: dict[tuple[str, str], str] = {}
        for key, value in content.items():
            if isinstance(value, str):
                found["", Path(key).stem] = value
            elif "type" in value:
                found["", Path(key).stem] = value["type"]
            else:
                found |= {(_plain(key), Path(name).stem): kind for name, kind in value.items()}
        wrong = sorted({str(kind) for kind in found.values()} - set(USR_KINDS))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"{path} is no list of types ({error}).",
            'It is JSON: {"DIM": {"name.png": "SO"}, ...} with SO, STM or NS.',
        ) from error
    if wrong:
        raise InputError(f"{path}: no such type: {', '.join(wrong)}.", "Types are SO, STM and NS.")
    return UsrTypes(found)


def set_name(home: Path) -> str:
    """DIM, HATT or AM2K by a folder's name or one above it, the nearest first; otherwise AIM."""
    parts = [_plain(part) for part in home.parts[-3:]]
    return next((part for part in reversed(parts) if part in _SETS), "AIM")


def _plain(name: str) -> str:
    return name.upper().replace("-", "")
