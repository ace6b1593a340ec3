"""Feathers: a shaft with barbs that lie close, part or hang."""

from __future__ import annotations

import numpy as np

from indexnet_cli.datasets.rendering.shapes import Points, unit, wander
from indexnet_cli.datasets.rendering.strands import dyed
from indexnet_cli.datasets.rendering.studio import add_camera, add_strands, any_colour

STEPS = 16  # points of a barb


def draw_feathers(rng: np.random.Generator) -> None:
    """One to six feathers from one place, barred or plain, of one make."""
    add_camera(rng, 0.9, 2.4)
    make, count = _Make(rng), int(rng.integers(1, 7))
    spread = rng.uniform(0.2, 1.2)
    for k in range(count):
        tilt = spread * ((k + 0.5) / count - 0.5) + rng.uniform(-0.3, 0.3)
        make.grow(rng, np.array([0, 0.08 * k, -0.95]), tilt)
    colour = any_colour(rng, (0, 0.8), (0.03, 0.95))
    second = any_colour(rng, (0, 0.6), (0.03, 0.95)) if rng.random() < 0.5 else colour
    for strands, dye in ((make.plain, colour), (make.bars, second)):
        if strands:
            lines, radii = zip(*strands, strict=True)
            add_strands(lines, radii, dyed(dye), flat=True)


class _Make:
    """What the feathers of one bird have in common, and their barbs so far."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.barbs = int(rng.uniform(120, 420))  # on a side
        self.wide = rng.uniform(0.12, 0.45)
        self.loose = rng.choice([rng.uniform(0.0, 0.08), rng.uniform(0.2, 0.7)])
        self.down = rng.uniform(0.05, 0.45)  # the share of the shaft with down
        self.thick = rng.uniform(0.0015, 0.004)
        self.bands = rng.uniform(0, 12)
        self.plain: list[tuple[Points, np.ndarray]] = []  # lines and their radii
        self.bars: list[tuple[Points, np.ndarray]] = []

    def grow(self, rng: np.random.Generator, root: Points, tilt: float) -> None:
        """Add a feather that leans by ``tilt`` radians."""
        s = np.linspace(0, 1, 60)[:, None]
        up = np.array([np.sin(tilt), 0, np.cos(tilt)])
        side = np.array([np.cos(tilt), 0, -np.sin(tilt)])
        bend = rng.normal(size=3) * [0.3, 0.3, 0.05]
        shaft = root + rng.uniform(1.3, 1.9) * s * up + s**2 * bend
        self.plain.append((shaft, 0.014 * (1 - 0.9 * s[:, 0])))
        thinning = self.thick * (1 - 0.6 * np.linspace(0, 1, STEPS))
        parted = np.cumsum(rng.random(self.barbs) < 0.06)  # barbs that hook into each other
        turned = rng.normal(size=int(parted[-1]) + 1) * 0.25
        for sign in (-1, 1):
            for k, at in enumerate(np.linspace(0.1, 0.99, self.barbs)):
                line = self._barb(rng, shaft[int(at * 59)], sign * side, up, at, turned[parted[k]])
                barred = np.sin(2 * np.pi * self.bands * at) > 0.3
                (self.bars if barred else self.plain).append((line, thinning))

    def _barb(
        self,
        rng: np.random.Generator,
        at: Points,
        side: Points,
        up: Points,
        s: float,
        turned: float,
    ) -> Points:
        """A barb at share ``s`` of the shaft; in the down it curls."""
        t = np.linspace(0, 1, STEPS)[:, None]
        length = self.wide * np.sin(np.pi * s**0.7) ** 0.6 * rng.uniform(0.9, 1.05)
        way = unit(side + (0.5 + 0.5 * s + turned) * up)
        loose = max(self.loose, 0.6 if s < self.down else 0.0)
        curve = 0.3 * length * t**2 * up + loose * length * t * wander(rng, STEPS)
        return np.asarray(at + length * t * way + curve)
