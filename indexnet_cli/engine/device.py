"""Where the network runs."""

from __future__ import annotations

import torch

from indexnet_cli.errors import DeviceError, UsageError


def resolve_device(name: str) -> torch.device:
    """The device called ``name``: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    ``auto`` is the first CUDA device, or the CPU where there is none (it does not choose mps).
    Raises ``DeviceError`` for a device that is not there, ``UsageError`` for an unknown name.
    """
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    kind, _, number = name.partition(":")
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("--device mps: there is no Metal device here", "use --device cpu")
        return torch.device("mps")
    if kind == "cuda" and (number.isdigit() or name == "cuda"):
        return _cuda_device(int(number or 0))
    raise UsageError(f"unknown device {name!r}", "devices: auto, cpu, cuda, cuda:N, mps")


def _cuda_device(number: int) -> torch.device:
    hint = "use --device cpu, or auto to take what is there"
    if torch.version.cuda is None and torch.version.hip is None:
        raise DeviceError("--device cuda: this build of torch has no CUDA", hint)
    if not torch.cuda.is_available():
        raise DeviceError("--device cuda: torch finds no CUDA device or no driver for it", hint)
    count = torch.cuda.device_count()
    if number >= count:
        raise DeviceError(f"--device cuda:{number}: there are {count} CUDA devices", hint)
    return torch.device("cuda", number)


def describe_device(device: torch.device) -> str:
    """The device's name as torch writes it, with the name of the card."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)
