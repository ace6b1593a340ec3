"""Points of the things that are rendered, in metres or so around the origin; z is up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Points = NDArray[np.float64]  # N x 3
Profile = NDArray[np.float64]  # N x 2: distance from the axis, height
Faces = list[tuple[int, int, int, int]]
ON_AXIS = 5e-4  # a ring of this radius closes a surface of revolution


class Ellipsoid(NamedTuple):
    """A body with its axes along x, y and z."""

    centre: Points
    radii: Points

    def surface(self, count: int) -> tuple[Points, Faces]:
        """Its surface, in ``count`` steps around the z axis."""
        points, faces = revolve(ball_profile(1.0), count)
        return self.centre + points * self.radii, faces

    def pushed_out(self, points: Points) -> Points:
        """``points`` (N x 3), those inside moved straight from the centre to the surface."""
        away = points - self.centre
        depth = np.linalg.norm(away / self.radii, axis=1, keepdims=True)
        return np.asarray(self.centre + away / np.minimum(depth, 1.0))


def smooth_profile(knots: Sequence[tuple[float, float]], count: int = 60) -> Profile:
    """A profile of ``count`` points through (radius, height) ``knots`` of growing height."""
    radii, heights = np.array(knots).T
    z = np.linspace(heights[0], heights[-1], count)
    return np.stack([PchipInterpolator(heights, radii)(z), z], 1)


def closed(profile: Profile) -> Profile:
    """The profile with both of its ends on the axis."""
    ends = [[[ON_AXIS, profile[end, 1]]] for end in (0, -1)]
    return np.concatenate([ends[0], profile, ends[1]])


def ball_profile(radius: float, height: float | None = None, waist: float = 0) -> Profile:
    """A ball of this radius and half ``height``; ``waist`` swells and pinches it."""
    angle = np.linspace(0, np.pi, 40)
    radii = radius * np.sin(angle) * (1 + waist * np.sin(3 * angle)) + ON_AXIS
    return np.stack([radii, -(height or radius) * np.cos(angle)], 1)


def revolve(profile: Profile, count: int = 96) -> tuple[Points, Faces]:
    """The surface of a profile turned around the z axis in ``count`` steps."""
    angle = 2 * np.pi * np.arange(count) / count
    radius, height = profile[:, :1], np.repeat(profile[:, 1:], count, axis=1)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], -1)
    return points.reshape(-1, 3), grid_faces(len(profile), count, joined=True)


def grid_faces(rows: int, columns: int, joined: bool = False) -> Faces:
    """Faces between the points of a grid, row by row; ``joined``: its last column to its first."""
    return [
        (i * columns + j, i * columns + k, (i + 1) * columns + k, (i + 1) * columns + j)
        for i in range(rows - 1)
        for j in range(columns if joined else columns - 1)
        for k in [(j + 1) % columns]
    ]


def wander(rng: np.random.Generator, count: int) -> Points:
    """A smooth random path of ``count`` points, some units wide."""
    order = np.arange(1, 9)[None, :, None]
    t = np.linspace(0, 1, count)[:, None, None]
    size = rng.normal(size=(1, 8, 3)) / order**1.5
    return np.asarray((size * np.sin(2 * np.pi * (order * t / 2 + rng.random((1, 8, 3))))).sum(1))


def unit(vectors: Points) -> Points:
    """Vectors (along the last axis) of the same direction and length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def directions(rng: np.random.Generator, count: int) -> Points:
    """Random unit vectors."""
    return unit(rng.normal(size=(count, 3)))
