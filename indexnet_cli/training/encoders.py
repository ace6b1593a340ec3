"""ImageNet classifiers as the encoders of matting networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from indexnet_cli.checkpoints.vgg16_to_dim import dim_encoder_from_vgg16
from indexnet_cli.errors import CheckpointError
from indexnet_cli.models.aimnet import AimNet
from indexnet_cli.models.deepmatting import DeepMatting
from indexnet_cli.models.dim import ChainerDeepImageMatting, DeepImageMatting
from indexnet_cli.models.indexnet.encoder import STAGES
from indexnet_cli.models.vgg16 import CONVS_PER_LEVEL

State = Mapping[str, Tensor]
LEAVES = ("weight", "bias", "running_mean", "running_var")
# torchvision groups a block's convolution, batch norm and activation; CSAIL numbers them flat.
TORCHVISION_BLOCK = {0: "0.0", 1: "0.1", 3: "1.0", 4: "1.1", 6: "2", 7: "3"}
TORCHVISION_FIRST_BLOCK = {0: "0.0", 1: "0.1", 3: "1", 4: "2"}
FC6_SHAPE = (512, 7, 7)


def load_encoder(network: nn.Module, state: State, origin: str) -> None:
    """Fill the encoder of ``network`` from an ImageNet classifier's ``state``.

    The trimap's plane of the first convolution starts as zero. Raises ``CheckpointError`` that
    names ``origin`` if ``state`` is another network's.
    """
    converted = _converter(network)(state, origin)
    own = network.state_dict()
    unknown = [key for key in converted if key not in own]
    if unknown:
        raise CheckpointError(
            f"{origin} is no encoder of this network, which has no {unknown[0]}",
            "choose the encoder that the recipe names, or --encoder none",
        )
    for key, value in converted.items():
        if key == _first_convolution(network) and value.shape[1] < own[key].shape[1]:
            missing = own[key].shape[1] - value.shape[1]
            plane = value.new_zeros(value.shape[0], missing, *value.shape[2:])
            converted[key] = value = torch.cat([value, plane], dim=1)
        if value.shape != own[key].shape:
            raise CheckpointError(
                f"{origin}: {key} is {tuple(value.shape)} instead of {tuple(own[key].shape)}",
                "choose the encoder that the recipe names, or --encoder none",
            )
    network.load_state_dict(converted, strict=False)


def _converter(network: nn.Module) -> Callable[[State, str], dict[str, Tensor]]:
    if isinstance(network, AimNet):
        return _resnet34
    if isinstance(network, DeepMatting):
        return _vgg16_bn
    if isinstance(network, DeepImageMatting):
        return dim_encoder_from_vgg16
    if isinstance(network, ChainerDeepImageMatting):
        return _vgg16_without_first
    return _mobilenet_v2


def _first_convolution(network: nn.Module) -> str:
    known = dict(network.named_parameters())
    names = ("layer0.0.weight", "conv11.weight", "conv1_1.weight")
    return next((name for name in names if name in known), "")


def _take(state: State, key: str, origin: str, kind: str) -> Tensor:
    if key not in state:
        raise CheckpointError(
            f"{origin} is no {kind}: it has no {key}",
            "choose the encoder that the recipe names, or --encoder none",
        )
    return state[key]


def _mobilenet_v2(state: State, origin: str) -> dict[str, Tensor]:
    """torchvision's or CSAIL's MobileNetV2; its last convolution and classifier are left out."""
    flat = "features.1.conv.0.weight" in state
    names = {"layer0.0": "features.0.0", "layer0.1": "features.0.1"}
    number = 0
    for level, stage in STAGES.items():
        positions = TORCHVISION_FIRST_BLOCK if stage.expansion == 1 else TORCHVISION_BLOCK
        for block in range(stage.blocks):
            number += 1
            for position, grouped in positions.items():
                source = str(position) if flat else grouped
                names[f"layer{level}.{block}.conv.{position}"] = f"features.{number}.conv.{source}"
    converted = {}
    for ours, theirs in names.items():
        norm = f"{theirs}.running_mean" in state
        for leaf in LEAVES if norm else LEAVES[:1]:
            converted[f"{ours}.{leaf}"] = _take(state, f"{theirs}.{leaf}", origin, "MobileNetV2")
    return converted


def _vgg16_bn(state: State, origin: str) -> dict[str, Tensor]:
    """torchvision's VGG-16 with batch norm; its first fully connected layer becomes conv6."""
    converted = {}
    position = 0
    for level, convs in enumerate(CONVS_PER_LEVEL, 1):
        for number in range(1, convs + 1):
            for offset, name, leaves in ((0, "conv", LEAVES[:2]), (1, "bn", LEAVES)):
                for leaf in leaves:
                    key = f"features.{position + offset}.{leaf}"
                    value = _take(state, key, origin, "VGG-16 with batch norm")
                    converted[f"{name}{level}{number}.{leaf}"] = value
            position += 3  # convolution, batch norm, ReLU
        position += 1  # pooling
    fc6 = _take(state, "classifier.0.weight", origin, "VGG-16 with batch norm")
    converted["conv6.weight"] = fc6.reshape(fc6.shape[0], *FC6_SHAPE)
    converted["conv6.bias"] = _take(state, "classifier.0.bias", origin, "VGG-16 with batch norm")
    return converted


def _vgg16_without_first(state: State, origin: str) -> dict[str, Tensor]:
    """As the Chainer program: conv1_1 keeps its random weights."""
    converted = dim_encoder_from_vgg16(state, origin)
    return {k: v for k, v in converted.items() if not k.startswith("conv1_1.")}


def _resnet34(state: State, origin: str) -> dict[str, Tensor]:
    """ResNet-34, with its strides or (as AimNet's authors trained it) without."""
    _take(state, "layer4.2.bn2.running_var", origin, "ResNet-34")
    return {f"resnet.{key}": value for key, value in state.items()}
