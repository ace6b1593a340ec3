"""Test strategies of trimap-free matting. Importing this imports no torch."""

from __future__ import annotations

from typing import Literal

Strategy = Literal["hybrid-third", "hybrid-half", "resize"]

# What is where is looked for in a picture this much smaller, in every strategy.
GLOBAL_RATIO = 1 / 4
# And the opacity of the transition in one this much smaller; None: both in one pass.
LOCAL_RATIOS: dict[Strategy, float | None] = {
    "hybrid-third": 1 / 3,
    "hybrid-half": 1 / 2,
    "resize": None,
}
# The better one in the published table (AIM-500), though the published code runs the second.
DEFAULT_STRATEGY: Strategy = "hybrid-third"
