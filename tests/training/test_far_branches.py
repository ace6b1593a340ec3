"""ASPP's far branches are drawn anew upon centred features; all else computes what it did."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.errors import UsageError
from indexnet_cli.models.indexnet import IndexNetConfig, build_indexnet
from indexnet_cli.training.far_branches import redraw_far_branches
from indexnet_cli.training.initialisation import calibrate

READER = "dconv_pp.bottleneck_conv.0.weight"
FAR = slice(256, None)  # its inputs from the dilated branches and the pooled one
BRANCHES = ("aspp2.atrous_conv", "aspp3.atrous_conv", "aspp4.atrous_conv", "global_avg_pool")


def inputs() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn((4, 4, 96, 96), generator=generator) for _ in range(3)]


def parameter(network: nn.Module, name: str) -> nn.Parameter:
    return dict(network.named_parameters())[name]


def off_centre(read_far: bool) -> nn.Module:
    """A network whose deepest features lie at 40, where its norms see what they are used to."""
    torch.manual_seed(0)
    network = build_indexnet()
    with torch.no_grad():
        parameter(network, "layer7.0.conv.7.bias").fill_(40.0)
        if not read_far:
            parameter(network, READER)[:, FAR] = 0
    calibrate(network, inputs(), fresh_encoder=True)
    return network


def given(network: nn.Module, *names: str) -> list[Tensor]:
    """What the named parts give for all inputs."""
    found: dict[str, Tensor] = {}
    for name in names:
        network.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: found.__setitem__(name, output)
        )
    with torch.no_grad():
        network(torch.cat(inputs()))
    return [found[name] for name in names]


def mean_before_relu(network: nn.Module) -> Tensor:
    """The mean of what ASPP's last norm gives, less its bias."""
    norm = network.get_submodule("dconv_pp.bottleneck_conv.1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    [joined] = given(network, "dconv_pp.bottleneck_conv.0")
    return (joined.mean((0, 2, 3)) - norm.running_mean) * torch.rsqrt(norm.running_var + norm.eps)


def test_what_does_not_look_far_is_kept() -> None:
    network = off_centre(read_far=False)
    [before] = given(network, "pred")
    redraw_far_branches(network, inputs())
    [after] = given(network, "pred")
    assert before.std() > 0.05
    torch.testing.assert_close(after, before, atol=2e-3, rtol=0)


def test_the_features_are_centred_and_the_branches_tell_pictures_apart() -> None:
    network = off_centre(read_far=True)
    assert given(network, "layer7")[0].mean() == pytest.approx(40, abs=1)
    redraw_far_branches(network, inputs())
    features, *branches = given(network, "layer7", *(f"dconv_pp.{name}" for name in BRANCHES))
    torch.testing.assert_close(features.mean((0, 2, 3)), torch.zeros(320), atol=1e-3, rtol=0)
    for branch in branches:
        assert branch.transpose(0, 1).flatten(1).std(1).median() > 0.5


def test_they_are_read_once_that_is_learnt() -> None:
    network = off_centre(read_far=True)
    before = mean_before_relu(network)
    redraw_far_branches(network, inputs())
    torch.testing.assert_close(mean_before_relu(network), before, atol=1e-2, rtol=0)
    reader = parameter(network, READER)
    assert not reader[:, FAR].any()
    network(inputs()[0]).square().mean().backward()
    assert reader.grad is not None
    assert (reader.grad[:, FAR].abs().amax((0, 2, 3)) > 0).float().mean() > 0.9


def test_a_network_without_aspp_is_refused() -> None:
    with pytest.raises(UsageError, match="no ASPP"):
        redraw_far_branches(build_indexnet(IndexNetConfig(aspp=False)), inputs())
