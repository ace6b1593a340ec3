"""An IndexNet's weights go over into one with fewer channels inside."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.models.indexnet import IndexNet, IndexNetConfig
from indexnet_cli.models.indexnet.config import Widths
from indexnet_cli.training.initialisation import calibrate
from indexnet_cli.training.narrowing import choose, narrow

LEFT_OUT = 24
# By the norm before the ReLU6, and how wide it is in the slim network.
WIDTHS = Widths(
    blocks={6: (576, 960 - LEFT_OUT, 960)},
    index={6: 160 - LEFT_OUT},
    aspp=(256 - LEFT_OUT, 256, 256, 256, 256 - LEFT_OUT),
    decoder={6: 96 - LEFT_OUT, 0: 32 - LEFT_OUT},
)
NORMS = [
    "layer6.1.conv.4",
    *(f"index6.indexnet{n}.1" for n in range(1, 5)),
    "dconv_pp.aspp1.atrous_conv.1",
    "dconv_pp.global_avg_pool.2",
    "decoder_layer6.dconv.1",
    "decoder_layer0.dconv.1",
]


def inputs() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn((4, 4, 96, 96), generator=generator) for _ in range(3)]


@torch.no_grad()
def wide_network(levels: Tensor) -> IndexNet:
    """With channels that are nearly constant, at ``levels``, among those of every kind of part."""
    torch.manual_seed(0)
    network = IndexNet(IndexNetConfig())
    for name in NORMS:
        norm = network.get_submodule(name)
        assert isinstance(norm, nn.BatchNorm2d)
        places = torch.arange(LEFT_OUT + 1) + 3
        norm.weight[places], norm.bias[places] = 1e-4, levels
    calibrate(network, inputs(), fresh_encoder=True)
    return network


def slim_network(widths: Widths = WIDTHS) -> IndexNet:
    return IndexNet(IndexNetConfig(widths=widths))


@torch.no_grad()
def alpha_of(network: IndexNet) -> Tensor:
    alpha: Tensor = network.eval()(inputs()[0])
    return alpha


def change(levels: Tensor) -> Tensor:
    """Of alpha by narrowing, in its standard deviations."""
    wide = wide_network(levels)
    before = alpha_of(wide)
    slim = slim_network()
    narrow(wide, slim, inputs())
    return (alpha_of(slim) - before).abs() / before.std()


def test_dead_channels_are_left_out_for_nothing() -> None:
    assert change(torch.full((LEFT_OUT + 1,), -5.0)).max() < 1e-3


def test_what_constants_gave_is_kept() -> None:
    """One of them stays for the rest where no norm can take them up."""
    assert change(torch.linspace(-5, 9, LEFT_OUT + 1)).mean() < 5e-3


@torch.no_grad()
def test_copies_are_left_out_for_nothing() -> None:
    wide = wide_network(torch.zeros(LEFT_OUT + 1))
    expand, norm, _, depthwise, behind, *_ = wide.get_submodule("layer6.1.conv").children()
    for layer in (expand, norm, depthwise, behind):
        for value in (value for value in layer.state_dict().values() if value.ndim):
            value[:LEFT_OUT] = value[LEFT_OUT : 2 * LEFT_OUT]
    before = alpha_of(wide)
    slim = slim_network(Widths(blocks={6: (576, 960 - LEFT_OUT, 960)}))
    narrow(wide, slim, inputs())
    assert (alpha_of(slim) - before).abs().mean() < 2e-3 * before.std()


def test_the_same_widths_are_the_same_network() -> None:
    wide = wide_network(torch.zeros(LEFT_OUT + 1))
    slim = IndexNet(IndexNetConfig())
    before = alpha_of(wide)
    narrow(wide, slim, inputs())
    assert torch.equal(alpha_of(slim), before)


def test_the_channel_that_explains_most_comes_first() -> None:
    # Two that go together, one of its own that the reader hardly looks at, one that it ignores.
    spread = torch.tensor(
        [[4.0, 2.0, 0.0, 0.0], [2.0, 1.1, 0.0, 0.0], [0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 0.0, 50.0]],
        dtype=torch.float64,
    )
    weight = torch.tensor([[1.0], [1.0], [0.5], [0.0]], dtype=torch.float64)
    assert choose(spread, weight, 1).tolist() == [0]
    assert choose(spread, weight, 2).tolist() == [0, 2]
    assert choose(spread, weight, 3).tolist() == [0, 1, 2]


def test_other_networks_are_refused() -> None:
    wide = IndexNet(IndexNetConfig(nonlinear=True, decoder_kernel_size=3))
    with pytest.raises(ValueError, match="differ in more than"):
        narrow(wide, slim_network(), inputs())
