"""Self-ensembling: the picture seen mirrored and turned, and the mean of what is found there.

A network errs differently on a picture and on its mirror image; the mean of both errs less.
Importing this imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexnet_cli.engine.progress import Progress
from indexnet_cli.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

COUNTS = (1, 2, 4, 8)
MIRRORED_AREA = 2048 * 2048  # pixels of the largest picture that is also seen mirrored by default


@dataclass(frozen=True)
class View:
    """A way to look at a picture: mirrored, then upside down, then rows and columns exchanged."""

    mirrored: bool
    upside_down: bool
    transposed: bool

    def of(self, plane: NDArray[Any]) -> NDArray[Any]:
        """``plane`` H x W (x C) so seen, without a copy: what is written there is written in it."""
        if self.mirrored:
            plane = plane[:, ::-1]
        if self.upside_down:
            plane = plane[::-1]
        return plane.swapaxes(0, 1) if self.transposed else plane

    def of_tensor(self, x: Tensor) -> Tensor:
        """``x`` N x C x H x W so seen."""
        x = x.flip(self._flipped_axes())
        return x.transpose(-2, -1) if self.transposed else x

    def undo(self, x: Tensor) -> Tensor:
        """``x`` N x C x H x W, found in this view, as the picture lies."""
        x = x.transpose(-2, -1) if self.transposed else x
        return x.flip(self._flipped_axes())

    def _flipped_axes(self) -> list[int]:
        return [-1] * self.mirrored + [-2] * self.upside_down


def views_of(count: int) -> list[View]:
    """The picture as it is (1), also mirrored (2), those upside down (4), and all transposed (8).

    Raises ``UsageError`` for another ``count``.
    """
    if count not in COUNTS:
        known = ", ".join(map(str, COUNTS[:-1]))
        raise UsageError(
            f"{count} views: there are {known} or {COUNTS[-1]}.",
            "2 takes twice the time and gives most of what there is to gain.",
        )
    return [View(bool(n & 1), bool(n & 2), bool(n & 4)) for n in range(count)]


def views_by_size(count: int | None, sizes: int, largest_mirrored: bool) -> list[list[View]]:
    """The views of each of the ``sizes`` at which a picture is looked at, the largest first.

    ``count`` of each. For None the smaller ones, which take little time beside the largest, are
    also seen mirrored, and the largest where ``largest_mirrored``.
    Raises ``UsageError`` for another ``count``.
    """
    if count is not None:
        return [views_of(count)] * sizes
    return [views_of(2 if largest_mirrored else 1)] + [views_of(2)] * (sizes - 1)


def check_views(count: int | None) -> None:
    """Raise ``UsageError`` for a number of views that there is not; None is any."""
    if count is not None:
        views_of(count)


def progress_of_part(progress: Progress, part: int, parts: int) -> Progress:
    """What a part of the work calls so that ``progress`` is told of all ``parts`` alike."""
    return lambda done, total: progress(part * total + done, parts * total)
