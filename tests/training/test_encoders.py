"""ImageNet classifiers, in torchvision's shapes and names, as the encoders of the recipes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import build_network, resolve_model
from indexnet_cli.training.encoders import load_encoder
from indexnet_cli.training.recipe import load_recipe, recipe_names
from indexnet_cli.training.starting import Start, begin

State = dict[str, Tensor]

VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")
# Sandler et al., CVPR 2018, table 2: expansion, channels, blocks
MOBILENET_V2 = (
    (1, 16, 1),
    (6, 24, 2),
    (6, 32, 3),
    (6, 64, 4),
    (6, 96, 3),
    (6, 160, 3),
    (6, 320, 1),
)
RESNET34 = ((64, 3), (128, 4), (256, 6), (512, 3))


class Made(State):
    """A state dict of random values, in the order of the layers."""

    def conv(self, name: str, out: int, into: int, kernel: int, bias: bool = False) -> None:
        self[f"{name}.weight"] = torch.randn(out, into, kernel, kernel)
        if bias:
            self[f"{name}.bias"] = torch.randn(out)

    def norm(self, name: str, count: int) -> None:
        for leaf in ("weight", "bias", "running_mean"):
            self[f"{name}.{leaf}"] = torch.randn(count)
        self[f"{name}.running_var"] = torch.rand(count) + 0.5
        self[f"{name}.num_batches_tracked"] = torch.tensor(3)


def vgg16(norms: bool = False, fc6: bool = False) -> State:
    made, position, into = Made(), 0, 3
    for layer in VGG16:
        if isinstance(layer, int):
            made.conv(f"features.{position}", layer, into, 3, bias=True)
            if norms:
                made.norm(f"features.{position + 1}", layer)
            into, position = layer, position + (3 if norms else 2)
        else:
            position += 1
    if fc6:
        # What classifier.0 has in 103 million values, in one column of them.
        made["classifier.0.weight"] = torch.randn(4096, 1).expand(4096, 512 * 7 * 7)
        made["classifier.0.bias"] = torch.randn(4096)
    return made


def mobilenet_v2(flat: bool = False) -> State:
    """torchvision's, or with CSAIL's ``flat`` numbers within a block."""
    made, number, into = Made(), 0, 32
    made.conv("features.0.0", 32, 3, 3)
    made.norm("features.0.1", 32)
    for expansion, channels, blocks in MOBILENET_V2:
        for _ in range(blocks):
            number += 1
            inner = into * expansion
            layers = [(inner, into, 1)] if expansion > 1 else []
            layers += [(inner, 1, 3), (channels, inner, 1)]
            for place, (out, planes, kernel) in enumerate(layers):
                last = place == len(layers) - 1
                names = [f"{place}", f"{place + 1}"] if last else [f"{place}.0", f"{place}.1"]
                if flat:
                    names = [f"{3 * place}", f"{3 * place + 1}"]
                made.conv(f"features.{number}.conv.{names[0]}", out, planes, kernel)
                made.norm(f"features.{number}.conv.{names[1]}", out)
            into = channels
    made.conv("features.18.0", 1280, 320, 1)
    made["classifier.1.weight"] = torch.randn(1000, 1280)
    return made


def resnet34() -> State:
    made, into = Made(), 64
    made.conv("conv1", 64, 3, 7)
    made.norm("bn1", 64)
    for level, (channels, blocks) in enumerate(RESNET34, 1):
        for block in range(blocks):
            name = f"layer{level}.{block}"
            made.conv(f"{name}.conv1", channels, into, 3)
            made.norm(f"{name}.bn1", channels)
            made.conv(f"{name}.conv2", channels, channels, 3)
            made.norm(f"{name}.bn2", channels)
            if into != channels:
                made.conv(f"{name}.downsample.0", channels, into, 1)
                made.norm(f"{name}.downsample.1", channels)
            into = channels
    made["fc.weight"], made["fc.bias"] = torch.randn(1000, 512), torch.randn(1000)
    return made


def network_of(recipe: str) -> nn.Module:
    return build_network(resolve_model(load_recipe(recipe).model)).eval()


@pytest.mark.parametrize("recipe", ["indexnet", "indexnet-mmagic"])
@pytest.mark.parametrize("flat", [False, True])
def test_mobilenet_v2_becomes_the_stages_in_order(recipe: str, flat: bool) -> None:
    network, state = network_of(recipe), mobilenet_v2(flat)
    load_encoder(network, state, "a file")
    found = [v for k, v in network.state_dict().items() if k.startswith("layer") and v.ndim]
    theirs = [v for k, v in state.items() if v.ndim and not k.startswith(("features.18", "class"))]
    assert len(found) == len(theirs)
    torch.testing.assert_close(found[0][:, :3], theirs[0])
    assert not found[0][:, 3:].any()  # the trimap's plane
    assert found[0].shape[1] == 4
    for ours, their in zip(found[1:], theirs[1:], strict=True):
        assert torch.equal(ours, their)


@pytest.mark.parametrize("recipe", ["dim-stage0", "dim-stage1-skip"])
def test_vgg16_computes_in_dim_what_it_computes(recipe: str) -> None:
    network, state = network_of(recipe), vgg16()
    load_encoder(network, state, "a file")
    x = torch.rand(1, 4, 16, 16)
    theirs = F.relu(F.conv2d(x[:, :3], state["features.0.weight"], state["features.0.bias"], 1, 1))
    theirs = F.conv2d(theirs, state["features.2.weight"], state["features.2.bias"], 1, 1)
    ours = network.get_submodule("conv1_2")(F.relu(network.get_submodule("conv1_1")(x)))
    torch.testing.assert_close(ours, theirs)
    found = [v for k, v in network.state_dict().items() if k.startswith("conv") and k[4] < "6"]
    assert len(found) == len(state) == 26
    assert all(torch.equal(a, b) for a, b in zip(found[1:], state.values(), strict=False) if a is b)
    assert torch.equal(found[-2], state["features.28.weight"])


def test_vgg16_of_chainer_leaves_out_the_first() -> None:
    network, state = network_of("dim-chainer"), vgg16()
    before = network.get_parameter("conv1_1.weight").detach().clone()
    load_encoder(network, state, "a file")
    assert torch.equal(network.get_parameter("conv1_1.weight"), before)
    assert torch.equal(network.get_parameter("conv1_2.weight"), state["features.2.weight"])
    assert torch.equal(network.get_parameter("conv5_3.bias"), state["features.28.bias"])


def test_vgg16_with_batch_norm_and_its_first_fully_connected_layer() -> None:
    spec = resolve_model(load_recipe("deep-matting").model)
    with torch.device("meta"):
        network = build_network(spec)
    state = vgg16(norms=True, fc6=True)
    taken: State = {}
    network.load_state_dict = lambda found, strict: taken.update(found)  # type: ignore[assignment,misc,method-assign]
    load_encoder(network, state, "a file")
    own = network.state_dict()
    assert all(own[key].shape == value.shape for key, value in taken.items())
    encoder = {k for k in own if k.startswith(("conv", "bn")) and "num_batches" not in k}
    assert taken.keys() == encoder
    assert torch.equal(taken["conv11.weight"][:, :3], state["features.0.weight"])
    assert not taken["conv11.weight"][:, 3:].any()
    assert torch.equal(taken["bn53.running_var"], state["features.41.running_var"])
    assert taken["conv6.weight"].shape == (4096, 512, 7, 7)


def test_resnet34_becomes_aimnet_s() -> None:
    network, state = network_of("aimnet-transfer"), resnet34()
    load_encoder(network, state, "a file")
    own = network.state_dict()
    assert {k for k in own if k.startswith("resnet.")} == {f"resnet.{key}" for key in state}
    assert all(torch.equal(own[f"resnet.{key}"], value) for key, value in state.items())


OTHERS: dict[str, Callable[[], State]] = {
    "VGG-16": vgg16,
    "MobileNetV2": mobilenet_v2,
    "ResNet-34": resnet34,
    "ResNet-50": lambda: resnet34() | {"layer1.0.conv3.weight": torch.zeros(256, 64, 1, 1)},
    "empty": dict,
}
FITTING = {
    "indexnet": "MobileNetV2",
    "dim-stage1": "VGG-16",
    "dim-chainer": "VGG-16",
    "aimnet-transfer": "ResNet-34",
}


@pytest.mark.parametrize("recipe", FITTING)
def test_encoders_of_others_are_refused(recipe: str) -> None:
    network = network_of(recipe)
    for name, make in OTHERS.items():
        if name != FITTING[recipe]:
            with pytest.raises(CheckpointError, match="a file"):
                load_encoder(network, make(), "a file")


def test_folded_encoder_is_for_indexnet(tmp_path: Path) -> None:
    recipe = load_recipe("dim-stage1")
    spec = resolve_model(recipe.model)
    start = Start(encoder=tmp_path / "folded.npz")
    with pytest.raises(UsageError, match="MobileNetV2"):
        begin(network_of("dim-stage1"), spec, recipe, start, lambda: iter(()))


def test_every_recipe_starts_from_what_is_known() -> None:
    """A published encoder, published weights, another recipe's, or nothing."""
    from indexnet_cli.checkpoints.manifest import load_manifest

    known = load_manifest()
    for name in recipe_names():
        recipe = load_recipe(name)
        if recipe.encoder_weights:
            assert known[recipe.encoder_weights].kind == "encoder"
        if recipe.start_from:
            assert recipe.start_from in known or recipe.start_from in recipe_names()
