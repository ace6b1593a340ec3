"""Options whose value may be left out, which Typer does not know."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

LEFT_OUT = ""


class OptionalSaveTrimap(TyperCommand):
    """A command with ``--save-trimap [PATH]``: without PATH its value is ``LEFT_OUT``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As Typer does, with the value filled in."""
        return super().parse_args(ctx, fill_in(args, "--save-trimap"))


def fill_in(args: list[str], option: str) -> list[str]:
    """``args`` with ``LEFT_OUT`` behind each ``option`` that no value follows."""
    filled = []
    for number, argument in enumerate(args):
        filled.append(argument)
        following = args[number + 1] if number + 1 < len(args) else "-"
        if argument == option and following.startswith("-"):
            filled.append(LEFT_OUT)
    return filled
