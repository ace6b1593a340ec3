"""Meshes on a surface: woven, honeycomb and irregular ones, holes, rings and spokes, cords.

Each is drawn by ``maker(rng, u, v, period, thread)``: ``u`` and ``v`` (HxH) are the places on the
surface, ``period`` the distance of threads and ``thread`` their width, all in pixels; HxH alpha.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform

Field = NDArray[np.float32]
Maker = Callable[[np.random.Generator, Field, Field, float, float], Field]


def _threads(position: Field, period: float, thread: float) -> Field:
    """Coverage of parallel threads, antialiased over one pixel."""
    share = position * np.float32(1 / period)
    distance = np.abs(share - np.rint(share)) * np.float32(period)
    return np.clip(np.float32(0.5 + thread / 2) - distance, 0, min(thread, 1.0))


def _woven(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    second = period * float(rng.choice([1.0, 1.0, rng.uniform(0.6, 1.8)]))
    return np.maximum(_threads(u, period, thread), _threads(v, second, thread))


def _honeycomb(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    slanted = np.float32(0.5) * u, np.float32(0.866) * v
    first = _threads(slanted[0] + slanted[1], period, thread)
    second = _threads(slanted[0] - slanted[1], period, thread)
    mesh = np.maximum(first, second)
    return mesh if rng.random() < 0.5 else np.maximum(mesh, _threads(u, period, thread))


def _rings(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    """Rings around a centre and spokes from it, as in baskets, wheels and grilles."""
    centre = u.shape[0] * rng.uniform(-0.7, 0.7, 2).astype(np.float32)
    x, y = u - centre[0], v - centre[1]
    radius = np.sqrt(x * x + y * y)
    spokes = max(int(rng.uniform(0.5, 2) * np.pi * u.shape[0] / period), 4)
    turn = np.arctan2(y, x) * np.float32(spokes / (2 * np.pi))
    # Beside a spoke the distance to it is its angle times the radius, in pixels.
    beside = np.abs(turn - np.rint(turn)) * radius * np.float32(2 * np.pi / spokes)
    rods = np.clip(np.float32(0.5 + thread / 2) - beside, 0, min(thread, 1.0))
    return np.maximum(_threads(radius, period, thread), rods) if rng.random() < 0.7 else rods


def _holes(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    row = np.rint(v * np.float32(1 / period))
    along = u * np.float32(1 / period) + np.float32(0.5) * row
    x = (along - np.rint(along)) * np.float32(period)
    y = v - row * np.float32(period)
    radius = max((period - thread) / 2, 1.0)
    return np.clip(np.sqrt(x * x + y * y) - np.float32(radius - 0.5), 0, 1)


def _irregular(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    """Threads on the borders of random cells, each pixel going to its nearest seed."""
    size = u.shape[0]
    fine = 2 * size
    seeds = np.ones((fine, fine), np.uint8)
    count = int(np.clip((size / period) ** 2, 12, 4000))
    seeds[rng.integers(fine, size=count), rng.integers(fine, size=count)] = 0
    _, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    border = np.zeros((fine, fine), np.bool_)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:] |= labels[1:] != labels[:-1]
    distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 3)
    coverage = np.clip(np.float32(0.5 + thread) - distance, 0, 1)
    return cv2.resize(coverage, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)


def cords(rng: np.random.Generator, u: Field, v: Field, period: float, thread: float) -> Field:
    """Cords side by side, as in fringes and string curtains: uneven, swaying, some missing.

    They hang closer than threads of a mesh: by their thickness, whatever ``period`` is.
    """
    size = u.shape[0]
    thickness = max(thread, 1.5)
    pitch = max(thickness * log_uniform(rng, 1.2, 4.0), 4.0)
    half = int(np.abs(u).max() / pitch) + 2
    shift, lean, sway = rng.normal(0, [[0.15], [0.25], [0.12]], (3, 2 * half + 1)) * pitch
    phase = rng.uniform(0, 2 * np.pi, 2 * half + 1)
    thicknesses = thickness * np.exp(rng.normal(0, 0.25, 2 * half + 1))
    thicknesses[rng.random(2 * half + 1) < rng.uniform(0, 0.3)] = -1
    wave = 2 * np.pi / (size * rng.uniform(0.3, 2.0))
    place = np.rint(u * np.float32(1 / pitch)).astype(np.intp) + half
    mesh = np.zeros_like(u)
    for neighbour in (-1, 0, 1):  # a cord may hang before the place of the one beside it
        cord = np.clip(place + neighbour, 0, 2 * half)
        middle = (cord - half) * pitch + shift[cord] + lean[cord] * v / size
        middle += sway[cord] * np.sin(wave * v + phase[cord])
        cover = np.clip(0.5 + thicknesses[cord] / 2 - np.abs(u - middle), 0, 1)
        mesh = np.maximum(mesh, cover.astype(np.float32))
    return mesh


MAKERS: tuple[Maker, ...] = (_woven, _honeycomb, _holes, _irregular, _rings, cords)
# Those whose threads run on around a body: the others have a middle, or are not drawn by places.
STEADY_MAKERS: tuple[Maker, ...] = (_woven, _honeycomb, _holes, cords)
