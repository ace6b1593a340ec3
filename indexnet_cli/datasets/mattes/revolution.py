"""Bodies of revolution: profiles of glasses and baskets, and where each pixel is on them.

Lengths are pixels; ``along`` runs from 0 at the top to 1 at the bottom, ``across`` from -1 to 1
between the outlines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform

Plane = NDArray[np.float32]
Profile = NDArray[np.float64]

# Height of places along the axis, and the radius there, in shares of the height.
_PROFILES: dict[str, tuple[tuple[float, float], ...]] = {
    "tumbler": ((0.0, 0.34), (0.5, 0.31), (1.0, 0.27)),
    "goblet": ((0.0, 0.2), (0.2, 0.27), (0.42, 0.22), (0.52, 0.03), (0.9, 0.03), (1.0, 0.22)),
    "flute": ((0.0, 0.1), (0.3, 0.13), (0.55, 0.08), (0.62, 0.02), (0.92, 0.02), (1.0, 0.15)),
    "bottle": ((0.0, 0.05), (0.28, 0.06), (0.45, 0.16), (1.0, 0.16)),
    "vase": ((0.0, 0.2), (0.25, 0.12), (0.65, 0.28), (1.0, 0.16)),
    "bulb": ((0.0, 0.0), (0.08, 0.16), (0.3, 0.31), (0.55, 0.26), (0.8, 0.12), (1.0, 0.11)),
}
BUBBLE = "bubble"
NAMES = (*_PROFILES, BUBBLE)
_PLACES = np.linspace(0, 1, 257)  # where a profile is sampled


@dataclass(frozen=True)
class Shape:
    """One of NAMES in the scene, and where each pixel (HxH) is on it.

    ``side``: pixels from the axis; ``inside``: how much of a pixel it covers; ``depth``: pixels
    from its outline, 0 outside; ``wall``: the wall's thickness in shares of the radius; ``tilt``:
    how far circles around the axis open, being seen from above.
    """

    name: str
    profile: Profile
    height: float
    wall: float
    tilt: float
    along: Plane
    side: Plane
    across: Plane
    depth: Plane
    inside: Plane

    @classmethod
    def drawn(cls, rng: np.random.Generator, size: int, names: Sequence[str] = NAMES) -> Shape:
        """Stand one of ``names`` in the scene, so that a point on it is near the middle."""
        name = names[int(rng.integers(len(names)))]
        profile = _profile(rng, name)
        # Bubbles may be small; of large things a part is seen.
        height = size * log_uniform(rng, 0.25 if name == BUBBLE else 0.7, 2.5)
        upright = rng.random() < 0.7
        angle = float(rng.normal(0, 0.15) if upright else rng.uniform(-np.pi, np.pi))
        side, down = _turned(rng, size, angle)
        at = float(rng.uniform(0, 1))
        side = side + np.float32(rng.uniform(-1, 1) * radius_at(profile, at) * height)
        along = down / np.float32(height) + np.float32(at)
        radius = _at(profile, along) * np.float32(height)
        slope = _at(np.gradient(profile, _PLACES), along)
        ends = np.minimum(along, 1 - along) * np.float32(height)
        depth = np.minimum((radius - np.abs(side)) / np.sqrt(1 + slope**2), ends)
        return cls(
            name=name,
            profile=profile,
            height=height,
            wall=log_uniform(rng, 0.01, 0.2),
            tilt=float(rng.uniform(0.05, 0.3)),
            along=along,
            side=side,
            across=np.clip(side / np.maximum(radius, 1e-3), -1, 1),
            depth=np.maximum(depth, 0),
            inside=np.clip(depth + 0.5, 0, 1),
        )

    def ring(self, at: float, width: float) -> Plane:
        """The circle around the axis at ``at``: the line of an ellipse, ``width`` pixels wide."""
        radius = max(radius_at(self.profile, at), 1e-3)
        x = self.side / np.float32(radius * self.height)
        y = (self.along - at) / np.float32(radius * self.tilt)
        reach = np.sqrt(x * x + y * y)
        steep = np.sqrt(x * x + (y / np.float32(self.tilt)) ** 2) / np.maximum(reach, 1e-3)
        distance = np.abs(reach - 1) * np.float32(radius * self.height) / np.maximum(steep, 1e-3)
        return np.clip(np.float32(0.5 + width / 2) - distance, 0, min(width, 1.0))


def _profile(rng: np.random.Generator, name: str) -> Profile:
    """The radius at ``_PLACES``, in shares of the height: slender or stout, none alike."""
    if name == BUBBLE:
        return np.sqrt(np.maximum(0.25 - (_PLACES - 0.5) ** 2, 0))
    at, radius = np.array(_PROFILES[name]).T
    radius = radius * np.exp(rng.normal(0, 0.12, len(radius))) * float(np.exp(rng.normal(0, 0.2)))
    at[1:-1] += rng.normal(0, 0.02, len(at) - 2)
    sharp = np.interp(_PLACES, np.sort(at), radius)
    sigma = float(rng.uniform(2, 12))
    return cv2.GaussianBlur(sharp[:, None], (1, 0), sigma, borderType=cv2.BORDER_REPLICATE)[:, 0]


def _turned(rng: np.random.Generator, size: int, angle: float) -> tuple[Plane, Plane]:
    """Pixels across and down from a point near the middle, turned by ``angle``; HxH each."""
    axis = np.arange(size, dtype=np.float32)
    left, top = size * rng.uniform(0.3, 0.7, 2).astype(np.float32)
    x, y = axis[None] - left, axis[:, None] - top
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def radius_at(profile: Profile, at: float) -> float:
    """The radius at one place, in shares of the height."""
    return float(np.interp(at, _PLACES, profile))


def _at(profile: Profile, along: Plane) -> Plane:
    """A profile's values at every pixel; above and below those of its ends."""
    return np.interp(along, _PLACES, profile).astype(np.float32)
