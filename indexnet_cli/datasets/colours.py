"""Colours for foregrounds and backgrounds: crops of photographs, textures, tones of pieces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_cli.datasets.chance import log_uniform
from indexnet_cli.datasets.noise import defocus, soft_blur
from indexnet_cli.datasets.pack import PackPart
from indexnet_cli.datasets.textures import (
    add_grain,
    plain_inks,
    printed_texture,
    smooth_texture,
    streak_texture,
)

Pixels = NDArray[np.uint8]
# The subject of a photograph is in focus; what is behind it often is not.
_SCALES_IN_FRONT = (0.5, 1.6)
_SCALES_BEHIND = (0.7, 3.0)
_STREAKY = ("hair", "fur", "feather")
# How often a kind is of about one colour, as the hair of one head or the wire of one basket is.
_CALM = {"hair": 0.8, "fur": 0.8, "feather": 0.6, "net_lace": 0.6, "leaves_branches": 0.5}
# How often a drawn foreground is of one strong hue, and how often as bright as what is behind it.
_DYED, _EVENLY_LIT = 0.35, 0.3
_METAL = 0.7  # the share of wire that has no hue, and shows by its light alone
_VIVID = 0.3  # the share of samples whose colours are stronger, or weaker, than as photographed


def photograph_crop(
    rng: np.random.Generator,
    photograph: Pixels,
    size: int,
    scales: tuple[float, float] = _SCALES_BEHIND,
) -> Pixels:
    """Cut a random square of a photograph at a scale between two, size x size x 3 uint8."""
    height, width = photograph.shape[:2]
    scale = log_uniform(rng, *scales)
    side = max(min(round(size / scale), height, width), 2)
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    window = photograph[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    crop = cv2.resize(window, (size, size), interpolation=method)
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def foreground_colours(
    rng: np.random.Generator, part: PackPart, background: Pixels, behind: Pixels, kind: str
) -> Pixels:
    """Choose colours for a drawn matte, of the size of ``background`` (HxHx3 uint8).

    ``behind`` is the photograph of the background: sometimes the foreground comes from it too, or
    has about its colour (camouflage). Hair-like kinds get streaks more often, and less grain.
    """
    size = background.shape[0]
    choice = rng.random()
    if choice < 0.05:
        return photograph_crop(rng, behind, size, _SCALES_IN_FRONT)
    if choice < 0.11:
        return _camouflage(rng, background)
    streaky = kind in _STREAKY
    streaks, tones, prints = (0.4, 0.82, 0.85) if streaky else (0.2, 0.4, 0.6)
    if choice < streaks:
        colours = streak_texture(rng, size)
    elif choice < tones:
        colours = smooth_texture(rng, size)
    elif choice < prints:
        colours = printed_texture(rng, size)
    else:
        colours = photograph_crop(rng, part.photograph(rng), size, _SCALES_IN_FRONT)
    if rng.random() < _CALM.get(kind, 0.0):
        colours = _calmed(rng, colours)
    metal = kind == "net_lace" and rng.random() < _METAL
    if not metal and rng.random() < _DYED:
        colours = _dyed(rng, colours)
    if not metal and rng.random() < _EVENLY_LIT:
        colours = _evenly_lit(rng, colours, background)
    return add_grain(rng, colours) if rng.random() < (0.2 if streaky else 0.4) else colours


def _calmed(rng: np.random.Generator, colours: Pixels) -> Pixels:
    """Bring colours (HxHx3) nearer to their mean."""
    mean, share = np.array(cv2.mean(colours)[:3]), float(rng.uniform(0, 0.7))
    levels = np.arange(256)[:, None]
    table = (mean + share * (levels - mean)).astype(np.uint8)
    return np.asarray(cv2.LUT(colours, table[None]), np.uint8)


def _dyed(rng: np.random.Generator, colours: Pixels) -> Pixels:
    """Keep the light and shade of colours (HxWx3) and give them one hue: wool, petals, toys."""
    hue = rng.uniform(0, 1, 3)
    hue = (hue - hue.min()) / max(float(np.ptp(hue)), 1e-3)
    ink = 255 * rng.uniform(0.15, 1.0) * (1 - rng.uniform(0.4, 1.0) * (1 - hue))
    light = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    share = np.arange(256)[:, None] / max(float(light.mean()), 8.0)
    table = np.clip(ink * np.clip(share, 0.3, 2.0), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(cv2.merge([light] * 3), table[None]), np.uint8)


def _evenly_lit(rng: np.random.Generator, colours: Pixels, background: Pixels) -> Pixels:
    """Make colours (HxWx3) as bright as the background, so that only the hue tells them apart.

    Where one side is brighter than the other in nearly every sample, light alone tells how much
    there is of each, and a network learns to overlook that a strand is red and the lawn green.
    """
    here, there = (float(np.mean(cv2.mean(pixels)[:3])) for pixels in (colours, background))
    gain = there / max(here, 8.0) * float(np.exp(rng.normal(0, 0.15)))
    return np.asarray(cv2.convertScaleAbs(colours, alpha=float(np.clip(gain, 0.25, 4))), np.uint8)


def recolour(rng: np.random.Generator, colours: Pixels) -> Pixels:
    """Give a foreground's own colours (HxWx3) other hues, in stronger or weaker light.

    Cut-outs and renders are few and come again: that this animal is brown is nothing to learn.
    """
    channels = rng.permutation(3) if rng.random() < 0.5 else np.arange(3)
    light = np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.2, 3))
    matrix = light[:, None] * np.eye(3)[channels]
    return np.asarray(cv2.transform(colours, matrix), np.uint8)


def vary_saturation(
    rng: np.random.Generator, foreground: Pixels, background: Pixels
) -> tuple[Pixels, Pixels]:
    """Make the colours of both (HxWx3) stronger or weaker alike, as cameras and editors do."""
    if rng.random() >= _VIVID:
        return foreground, background
    gain = float(np.exp(rng.normal(0.25, 0.4)))
    grey = np.array([0.299, 0.587, 0.114])
    matrix = gain * np.eye(3) + (1 - gain) * grey
    front, behind = (cv2.transform(pixels, matrix) for pixels in (foreground, background))
    return np.asarray(front, np.uint8), np.asarray(behind, np.uint8)


def _camouflage(rng: np.random.Generator, background: Pixels) -> Pixels:
    """A texture about the mean colour of the background."""
    size = background.shape[0]
    mean = background.reshape(-1, 3)[:: max(size // 4, 1)].mean(axis=0)
    texture = smooth_texture(rng, size).astype(np.float32)
    mixed = mean + (texture - texture.mean(axis=(0, 1))) * 0.7 + rng.normal(0, 12, 3)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def colour_pieces(rng: np.random.Generator, colours: Pixels, pieces: NDArray[np.uint8]) -> Pixels:
    """Give the pieces (HxW) of a matte tones, or colours, of their own; HxWx3 uint8.

    Neighbouring strands and leaves are lit differently, and some things are bundles of many
    colours: that a strand differs from the sure foreground does not make it background.
    """
    chance = rng.random()
    if chance < 0.3:
        return colours
    if chance < 0.4:
        inks = plain_inks(rng, int(rng.integers(2, 7)))
        table = inks[rng.integers(len(inks), size=256)]
        light = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
        painted = table[pieces] * np.clip(light / max(light.mean(), 8.0), 0.4, 1.8)[..., None]
        if rng.random() < 0.5:
            painted = np.where(pieces[..., None] == 0, colours, painted)
    else:
        spread = log_uniform(rng, 0.03, 0.5)
        tones = rng.normal(0, spread, (256, 1)) + rng.normal(0, spread / 4, (256, 3))
        painted = colours * np.exp(tones).astype(np.float32)[pieces]
    return soft_blur(np.clip(painted, 0, 255).astype(np.uint8), 0.6)


def background_colours(rng: np.random.Generator, photograph: Pixels, size: int) -> Pixels:
    """Make a background of a photograph (HxHx3 uint8): sharp, out of focus, or a plain wall."""
    if rng.random() < 0.08:
        return smooth_texture(rng, size)
    crop = photograph_crop(rng, photograph, size)
    if rng.random() < 0.6:
        sigma = log_uniform(rng, 0.7, 14)
        crop = defocus(crop, 2 * sigma) if rng.random() < 0.5 else soft_blur(crop, sigma)
    return np.ascontiguousarray(crop)
