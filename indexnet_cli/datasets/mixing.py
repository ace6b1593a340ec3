"""Foreground and background become one picture, by a program's arithmetic or by light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indexnet_cli.imaging.linear_light import from_linear, to_linear

Plane = NDArray[np.float32]


def mix(foreground: Plane, background: Plane, alpha: Plane) -> Plane:
    """Mix the values of two pictures, as programs do and Composition-1k is made.

    Pictures are HxWx3 sRGB in [0, 1], ``alpha`` is HxW in [0, 1].
    """
    return background + alpha[..., None] * (foreground - background)


def mix_light(foreground: Plane, background: Plane, alpha: Plane) -> Plane:
    """Mix their light, as a lens does where a strand covers half a pixel; otherwise as ``mix``.

    By its values, a bright strand before something dark is then more opaque than its alpha, and a
    dark one before something bright is less.
    """
    return from_linear(mix(to_linear(foreground), to_linear(background), alpha))
