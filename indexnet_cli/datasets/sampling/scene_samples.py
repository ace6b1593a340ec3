"""Samples from scenes: which scene and which photograph sample i shows, and its random numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.decoded import DecodedStore
from indexnet_cli.datasets.layouts.scene import Scene
from indexnet_cli.datasets.sample import Sample
from indexnet_cli.datasets.sampling.scene_view import SceneView

Draw = Callable[[SceneView, np.random.Generator, int], Sample]

# What the random numbers of a run are for; sample i has [seed, SAMPLES, split, i].
_SAMPLES, _ORDER, _PAIRS, _CYCLES = range(4)


@dataclass(frozen=True)
class Sampling:
    """How a trainer draws.

    ``crop`` is the published side; ``bags`` how many photographs a foreground meets in an epoch,
    by data set, else ``other_bags``. ``cycles``: photographs follow each other through the epochs
    instead of staying with their foreground, and the first epoch is in the order of the files.
    """

    draw: Draw
    crop: int = 320
    other_bags: int = 1
    bags: Mapping[str, int] = field(default_factory=dict)
    cycles: bool = False

    def bags_of(self, scene: Scene) -> int:
        """Samples of a scene in an epoch."""
        chooses = scene.is_composed and scene.background is None
        return self.bags.get(scene.kind, self.other_bags) if chooses else 1


class SceneSamples:
    """Samples of scenes; a SampleSource.

    Every epoch shows each pair of scene and photograph once, in an order of its own. Pairs are
    drawn once for a seed, as the published sets are: each foreground has the next photographs of
    the shuffled list, as many as its bags, and the list starts again where it ends.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        backgrounds: Sequence[Path],
        sampling: Sampling,
        seed: int,
        crop: int,
        store: DecodedStore,
        split_id: int = 0,
    ) -> None:
        self.scenes, self.backgrounds = tuple(scenes), tuple(backgrounds)
        self.sampling, self.seed, self.crop, self.store = sampling, seed, crop, store
        self._split_id = split_id
        self._ends = list(accumulate(sampling.bags_of(scene) for scene in self.scenes))
        self._order = lru_cache(maxsize=2)(self._shuffled)
        self._cycle = lru_cache(maxsize=2)(self._shuffled_cycle)
        count = len(self.backgrounds)
        self._pairs = self._rng(_PAIRS).permutation(count) if count else np.empty(0, np.int64)

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int) -> Sample:
        return self.sampling.draw(*self.view(index), self.crop)

    def view(self, index: int) -> tuple[SceneView, np.random.Generator]:
        """What sample ``index`` is drawn from, and its random numbers."""
        if index < 0:
            raise IndexError("samples are numbered from 0")
        epoch, place = divmod(index, len(self))
        number = int(self._order(epoch)[place])
        scene = self.scenes[bisect_right(self._ends, number)]
        behind = scene.background or self._background(scene, number, index)
        view = SceneView(scene, behind, self.store, number, epoch)
        return view, self._rng(_SAMPLES, index)

    def __getstate__(self) -> dict[str, object]:
        # Workers are started by pickling; caches of functions cannot be.
        return {k: v for k, v in self.__dict__.items() if k not in ("_order", "_cycle")}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._order = lru_cache(maxsize=2)(self._shuffled)
        self._cycle = lru_cache(maxsize=2)(self._shuffled_cycle)

    def _background(self, scene: Scene, number: int, index: int) -> Path | None:
        count = len(self.backgrounds)
        if not count:
            return None
        if self.sampling.cycles:
            cycle, place = divmod(index, count)
            return self.backgrounds[int(self._cycle(cycle)[place])]
        return self.backgrounds[int(self._pairs[number % count])]

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        if self.sampling.cycles and epoch == 0:
            return np.arange(len(self))
        return self._rng(_ORDER, epoch).permutation(len(self))

    def _shuffled_cycle(self, cycle: int) -> NDArray[np.int64]:
        count = len(self.backgrounds)
        return np.arange(count) if cycle == 0 else self._rng(_CYCLES, cycle).permutation(count)

    def _rng(self, purpose: int, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose, self._split_id, *numbers])
