"""How much of a picture fits into memory at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from indexnet_cli.engine.allocator import return_freed_memory
from indexnet_cli.errors import DeviceError
from indexnet_cli.models.registry import ModelSpec

SHARE = 0.6  # of what is free; the rest is left to the pictures and to others
REGION_BYTES = {"cpu": 96 << 20, "cuda": 512 << 20}  # larger regions are no faster
FEWEST_REGION_BYTES = 4 << 20
OVERHEAD = 3  # what the process grows by, over what a region's features take
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
        # What torch has taken from the driver and keeps for later is free too.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
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


def resident_bytes(device: torch.device) -> int:
    """What this process holds of the memory of ``device`` (of the CPU's, on Linux; else 0)."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * 4096


@dataclass(frozen=True)
class MemoryBudget:
    """``total``: bytes that the process may hold of ``device``; ``None``: what is free."""

    device: torch.device
    total: int | None = None

    def free(self) -> int:
        """Bytes that may still be taken."""
        if self.total is None:
            return int(SHARE * available_bytes(self.device))
        if self.device.type == "cpu":
            return_freed_memory()  # an earlier pass's, which would count as held
        return self.total - resident_bytes(self.device)

    def region_bytes(self, kept: int) -> int:
        """Working memory of one region, beside ``kept`` bytes for the whole picture.

        Raises ``DeviceError`` where not even a small one fits.
        """
        left = (self.free() - kept) // OVERHEAD
        if left < FEWEST_REGION_BYTES:
            needed = kept + OVERHEAD * FEWEST_REGION_BYTES - self.free()
            raise DeviceError(
                f"the picture needs {needed / 2**30:.1f} GiB more memory on {self.device}",
                "allow more with --memory, use --precision bf16, or close other programs",
            )
        return min(left, REGION_BYTES.get(self.device.type, REGION_BYTES["cpu"]))


def fitting_pixels(spec: ModelSpec, free: int) -> int:
    """How many pixels a forward pass of ``spec`` can take within ``free`` bytes.

    Solves ``pair * n**2 + single * n = free`` for n; without attention the first term is not there.
    """
    single, pair = spec.bytes_per_pixel, spec.bytes_per_pixel_pair
    if pair == 0:
        return free // single
    return int((math.sqrt(single**2 + 4 * pair * max(free, 0)) - single) / (2 * pair))


def fitting_tile(height: int, width: int, spec: ModelSpec, budget: MemoryBudget) -> int | None:
    """The side of a square tile that fits into memory; ``None`` if the whole picture does."""
    pixels = fitting_pixels(spec, budget.free())
    if height * width <= pixels:
        return None
    side = min(math.isqrt(pixels), LARGEST_TILE) // spec.stride * spec.stride
    return max(side, smallest_tile(spec))


def smallest_tile(spec: ModelSpec) -> int:
    """The smallest tile that leaves room between its margins."""
    return -(-2 * spec.margin // spec.stride) * spec.stride + 2 * spec.stride
