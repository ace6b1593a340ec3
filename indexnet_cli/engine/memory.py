"""How much of a picture fits into memory at once."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from indexnet_cli.models.registry import ModelSpec

SHARE = 0.6  # of what is free; the rest is left to the pictures and to others
UNKNOWN_SYSTEM_BYTES = 4 << 30
LARGEST_TILE = 4096
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def available_bytes(device: torch.device) -> int:
    """Free memory of ``device``; for the CPU, what the system and its container still allow."""
    if device.type == "cuda":
        free, _total = torch.cuda.mem_get_info(device)
        return free
    bounds = [_container_bytes(*paths) for paths in CGROUPS]
    known = [bound for bound in [_system_bytes(), *bounds] if bound is not None]
    return min(known, default=UNKNOWN_SYSTEM_BYTES)


def _system_bytes() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    available = fields.get("MemAvailable", "").split()
    return int(available[0]) * 1024 if available else None


def _container_bytes(limit_path: str, usage_path: str) -> int | None:
    try:
        limit = int(Path(limit_path).read_text(encoding="ascii"))
        usage = int(Path(usage_path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # no container, or no limit ("max")
        return None
    return max(limit - usage, 0)


def fitting_tile(height: int, width: int, spec: ModelSpec, device: torch.device) -> int | None:
    """The side of a square tile that fits into memory; ``None`` if the whole picture does."""
    pixels = int(SHARE * available_bytes(device)) // spec.bytes_per_pixel
    if height * width <= pixels:
        return None
    side = min(math.isqrt(pixels), LARGEST_TILE) // spec.stride * spec.stride
    return max(side, smallest_tile(spec))


def smallest_tile(spec: ModelSpec) -> int:
    """The smallest tile that leaves room between its margins."""
    return -(-2 * spec.margin // spec.stride) * spec.stride + 2 * spec.stride
