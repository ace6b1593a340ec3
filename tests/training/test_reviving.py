"""Constant channels come to life, and the network computes what it did."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet import build_indexnet
from indexnet_cli.training.hidden_channels import hidden_channels
from indexnet_cli.training.initialisation import calibrate
from indexnet_cli.training.reviving import LEAST_SPREAD, revive

# What is held still, by the norm before the ReLU6: at 0, or at 6 (the last of each block).
BLOCKS = {
    "layer1.0.conv.1": 32,  # without an expansion
    "layer6.1.conv.4": 960,
    "dconv_pp.aspp1.atrous_conv.1": 256,
    "dconv_pp.aspp4.atrous_conv.1": 320,
    "dconv_pp.aspp4.atrous_conv.4": 256,
    "dconv_pp.global_avg_pool.2": 256,
    "index0.indexnet2.1": 32,
    "index6.indexnet3.1": 160,
}
DEAD = 5


def inputs() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn((4, 4, 96, 96), generator=generator) for _ in range(3)]


@torch.no_grad()
def half_dead() -> nn.Module:
    torch.manual_seed(0)
    network = build_indexnet()
    for name, channels in BLOCKS.items():
        norm = network.get_submodule(name)
        assert isinstance(norm, nn.BatchNorm2d)
        assert len(norm.weight) == channels
        norm.weight[:DEAD] = 1e-4
        norm.bias[:DEAD] = torch.tensor([-5.0, -5.0, 3.0, 6.0, 7.0])
    calibrate(network, inputs(), fresh_encoder=True)
    return network


def spreads(network: nn.Module) -> dict[str, Tensor]:
    found = {}

    def note(name: str) -> object:
        def hook(_relu: nn.Module, _inputs: object, output: Tensor) -> None:
            found[name] = output.transpose(0, 1).flatten(1).std(1)

        return hook

    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU6):
            module.register_forward_hook(note(name))
    with torch.no_grad():
        network(torch.cat(inputs()))
    return found


@pytest.fixture(scope="module")
def revived() -> tuple[nn.Module, Tensor, int]:
    network = half_dead()
    with torch.no_grad():
        before = network(inputs()[0])
    return network, before, revive(network, inputs())


def test_the_function_is_kept(revived: tuple[nn.Module, Tensor, int]) -> None:
    network, before, _ = revived
    with torch.no_grad():
        after = network(inputs()[0])
    assert before.std() > 0.05
    # Up to what the nearly constant ones vary by.
    assert (after - before).abs().mean() < 5e-3 * before.std()


def test_channels_come_to_life(revived: tuple[nn.Module, Tensor, int]) -> None:
    network, _, count = revived
    found = spreads(network)
    # Where no norm follows the reader, one constant stays for all.
    kept = {"index0.indexnet2.1": 1, "index6.indexnet3.1": 1}
    assert count >= DEAD * len(BLOCKS) - len(kept)
    for name in BLOCKS:
        stack, _, place = name.rpartition(".")
        alive = found[f"{stack}.{int(place) + 1}"][:DEAD] > LEAST_SPREAD
        assert int((~alive).sum()) == kept.get(name, 0), name


def test_they_learn(revived: tuple[nn.Module, Tensor, int]) -> None:
    network, _, _ = revived
    network(inputs()[0]).square().mean().backward()
    reader = network.get_submodule("layer6.1.conv.6").weight
    assert not reader[:, :DEAD].any()
    assert reader.grad[:, :DEAD].abs().amax((0, 2, 3)).all()


def test_every_part_with_one_reader_is_known() -> None:
    relus = {part.relu for part in hidden_channels(build_indexnet())}
    # 17 blocks, 4 + 3 + 1 of ASPP, 5 index blocks of 4 branches.
    assert len(relus) == 17 + 8 + 20


def test_nothing_to_do_is_nothing_done() -> None:
    torch.manual_seed(0)
    network = build_indexnet()
    calibrate(network, inputs(), fresh_encoder=True)
    before = [conv.weight.clone() for conv in network.modules() if isinstance(conv, nn.Conv2d)]
    if revive(network, inputs()):
        pytest.skip("the network drawn for this test has constant channels of its own")
    after = [conv.weight for conv in network.modules() if isinstance(conv, nn.Conv2d)]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
