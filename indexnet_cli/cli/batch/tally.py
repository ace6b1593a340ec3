"""What became of the pictures of a batch: counted, told, and the failures listed."""

from __future__ import annotations

import csv
import io
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexnet_cli.cli.failures import as_told
from indexnet_cli.cli.output import Output, json_text, say_error


@dataclass
class Tally:
    """Pictures done, done before, and failed (by name, with the reason)."""

    out: Output
    done: int = 0
    skipped: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def tell(self, image: str, told: dict[str, Any]) -> None:
        """Count a picture that is done, with what ``BatchMatting`` tells of it."""
        if told["status"] == "done":
            self.done += 1
        else:
            self.skipped += 1
        self.failures.pop(image, None)
        self.out.detail(f"{image}: {told['status']}")
        for warning in told.get("warnings", []):
            self.out.detail(f"warning: {warning}")
        self._line(told)

    def fail(self, image: str, error: Exception) -> None:
        """Count a picture that failed."""
        told = as_told(error)
        reason = f"{type(error).__name__}: {error}" if told is None else told[0]
        if self.out.verbose:
            traceback.print_exception(error)
        self.failures[image] = reason
        self._line({"image": image, "status": "failed", "error": reason})

    def left_of(self, count: int) -> int:
        """How many of ``count`` pictures nothing is known of yet."""
        return count - self.done - self.skipped - len(self.failures)

    def summary(self) -> str:
        """In words."""
        parts = [f"{self.done} done"]
        if self.skipped:
            parts.append(f"{self.skipped} done before")
        if self.failures:
            parts.append(f"{len(self.failures)} failed")
        return ", ".join(parts)

    def report_failures(self, path: Path) -> None:
        """Name what failed, also in the CSV file ``path``; without failures that is removed."""
        from indexnet_cli.imaging.placing import place_file

        if not self.failures:
            path.unlink(missing_ok=True)
            return
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["image", "error"])
        writer.writerows(self.failures.items())
        for image, reason in self.failures.items():
            say_error(reason if image in reason else f"{image}: {reason}")
        path.parent.mkdir(parents=True, exist_ok=True)
        place_file(table.getvalue().encode("utf-8", "surrogateescape"), path, overwrite=True)
        self.out.note(f"failures are listed in {path}")

    def _line(self, told: dict[str, Any]) -> None:
        if self.out.json:
            print(json_text(told), flush=True)
