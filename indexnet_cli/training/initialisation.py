"""Starting points: an ImageNet encoder, calibrated batch norm, earlier weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from indexnet_cli.errors import InputError
from indexnet_cli.models.indexnet.encoder import STAGES
from indexnet_cli.training.norm_statistics import moments_of, rebase

_ENCODER = tuple(f"layer{level}." for level in range(8))


def initialise(network: nn.Module) -> None:
    """Fresh weights as published, N(0, sqrt(2 / (k * k * out))), and a head that starts alive.

    The published head draws its last 5 x 5 kernel from the same distribution and may start with
    an alpha of 0 everywhere; ours passes the middle pixel on, around alpha = 0.5.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = math.prod(module.kernel_size) * module.out_channels
            nn.init.normal_(module.weight, 0.0, math.sqrt(2.0 / fan_out))
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    norms = [m for m in network.get_submodule("pred.0").modules() if isinstance(m, nn.BatchNorm2d)]
    nn.init.constant_(norms[-1].weight, 0.25)
    nn.init.constant_(norms[-1].bias, 0.5)
    last = network.get_submodule("pred.1")
    assert isinstance(last, nn.Conv2d)
    nn.init.dirac_(last.weight)


def read_folded_encoder(path: Path) -> dict[str, np.ndarray]:
    """An ImageNet MobileNetV2 with folded batch norm, torchvision's key names, from an ``.npz``.

    It expects RGB / 127.5 - 1. Raises InputError where the file is missing or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable .npz file ({error})") from error
    if "features.0.0.bias" not in arrays or "features.17.conv.2.bias" not in arrays:
        raise InputError(
            f"{path}: not a MobileNetV2 with folded batch norm",
            "Expected torchvision's key names (features.0.0.weight, features.0.0.bias, ...).",
        )
    return arrays


def load_folded_encoder(
    network: nn.Module,
    arrays: Mapping[str, np.ndarray],
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> None:
    """Fill the encoder; its batch norms keep the identity plus the folded bias.

    ``mean`` and ``std`` are our normalisation of RGB in [0, 1], folded into the first convolution.
    """
    weight = torch.from_numpy(arrays["features.0.0.weight"])
    bias = torch.from_numpy(arrays["features.0.0.bias"])
    bias = bias + (weight * (2 * torch.tensor(mean) - 1)[:, None, None]).sum((1, 2, 3))
    weight = weight * (2 * torch.tensor(std))[:, None, None]
    trimap_plane = weight.std() * torch.randn(weight.shape[0], 1, 3, 3)
    _set_pair(network, "layer0", 0, torch.cat([weight, trimap_plane], dim=1), bias)
    number = 0
    for level, stage in STAGES.items():
        for block in range(stage.blocks):
            number += 1
            source = f"features.{number}.conv"
            names = [f"{source}.0.0", f"{source}.1.0", f"{source}.2"]
            if stage.expansion == 1:
                names = [f"{source}.0.0", f"{source}.1"]
            for position, name in enumerate(names):
                pair = (torch.from_numpy(arrays[f"{name}.{leaf}"]) for leaf in ("weight", "bias"))
                _set_pair(network, f"layer{level}.{block}.conv", 3 * position, *pair)


def _set_pair(network: nn.Module, stack: str, index: int, weight: Tensor, bias: Tensor) -> None:
    conv = network.get_submodule(f"{stack}.{index}")
    norm = network.get_submodule(f"{stack}.{index + 1}")
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        conv.weight.copy_(weight)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(bias)


@torch.no_grad()
def calibrate(network: nn.Module, inputs: Iterable[Tensor], fresh_encoder: bool) -> None:
    """Set all running statistics from training pictures, in one pass over ``inputs``.

    New layers are normalised by the statistics found. A folded encoder's function is kept: what
    the statistics take away, weight and bias of its batch norm give back. With ``fresh_encoder``
    the encoder counts as new. Leaves the network in evaluation mode.
    """
    norms = {n: m for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
    kept = {} if fresh_encoder else {n: m for n, m in norms.items() if n.startswith(_ENCODER)}
    network.eval()
    for name, norm in norms.items():
        if name not in kept:
            norm.reset_running_stats()
            norm.momentum = None  # cumulative average
            norm.train()
    for name, (mean, variance) in moments_of(network, kept, inputs).items():
        rebase(kept[name], mean, variance)
    for norm in norms.values():
        norm.momentum = 0.1
    network.eval()
