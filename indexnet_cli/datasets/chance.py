"""Draws that numpy has no name for."""

from __future__ import annotations

import numpy as np


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw between ``low`` and ``high``: a doubling is as likely at one end as at the other."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
