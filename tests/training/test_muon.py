"""Muon: what it does to kernels, and what it leaves to AdamW."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from indexnet_cli.training.muon import Muon, as_matrix, orthogonalised
from indexnet_cli.training.optimisers import build_optimizer
from indexnet_cli.training.recipe import load_recipe

RATE = 1e-3


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.Conv2d(16, 24, 3), nn.Conv2d(24, 24, 3, groups=24), nn.ReLU()
    )


def with_gradients(network: nn.Module, seed: int = 1) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        values = torch.randn(parameter.shape, generator=generator)
        parameter.grad = torch.empty_like(parameter).copy_(values)  # of the same layout
    return network


def optimizer_of(network: nn.Module, *settings: str) -> torch.optim.Optimizer:
    settings = (f"learning_rate={RATE}", "optimizer=muon", *settings)
    return build_optimizer(network, load_recipe("open", settings))


def singular_values(matrix: Tensor) -> Tensor:
    return torch.linalg.svdvals(matrix.double())


@pytest.mark.parametrize("shape", [(24, 24), (16, 144), (144, 16)])
def test_all_directions_become_of_one_length(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape) * torch.logspace(0, -1, shape[0])[:, None]
    turned = orthogonalised(matrix)
    values = singular_values(turned)
    assert values.max() < 1.25
    assert values.min() > 0.5 * values.max()
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    nearest = left @ right
    assert torch.sum(turned * nearest) > 0.95 * turned.norm() * nearest.norm()


def test_the_length_of_a_gradient_does_not_matter() -> None:
    matrix = torch.randn(16, 32, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(
        orthogonalised(1e-4 * matrix), orthogonalised(matrix), atol=1e-3, rtol=0
    )


def test_a_gradient_of_nothing_moves_nothing() -> None:
    assert not orthogonalised(torch.zeros(16, 32)).any()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_matrix_is_a_view(layout: torch.memory_format) -> None:
    kernel = torch.randn(12, 10, 3, 3).to(memory_format=layout)
    matrix = as_matrix(kernel)
    assert matrix.shape == (12, 90)
    assert matrix.data_ptr() == kernel.data_ptr()
    torch.testing.assert_close(matrix.sort(1).values, kernel.flatten(1).sort(1).values)


def test_both_layouts_take_the_same_step() -> None:
    taken = []
    for layout in (torch.contiguous_format, torch.channels_last):
        network = small_network().to(memory_format=layout)
        optimizer_of(with_gradients(network)).step()
        taken.append(torch.cat([p.detach().reshape(-1) for p in network.parameters()]))
    torch.testing.assert_close(*taken, atol=1e-5, rtol=0)


def test_kernels_turn_and_the_rest_steps_as_with_adamw() -> None:
    network, other = with_gradients(small_network()), with_gradients(small_network())
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    optimizer_of(network, "weight_decay=0").step()
    torch.optim.AdamW(other.parameters(), RATE, weight_decay=0, fused=True).step()
    theirs = dict(other.named_parameters())
    for name, parameter in network.named_parameters():
        step = (parameter - before[name]).detach()
        if name == "1.weight":
            values = singular_values(as_matrix(step)) / (RATE * 0.2 * 144**0.5)
            assert values.max() < 1.25
            assert values.min() > 0.5
        else:
            torch.testing.assert_close(parameter, theirs[name])


def test_goes_on_from_its_state() -> None:
    def taken(interrupted: bool) -> Tensor:
        network = small_network()
        optimizer = optimizer_of(network)
        for step in range(4):
            if interrupted and step == 2:
                state = optimizer.state_dict()
                optimizer = optimizer_of(network)
                optimizer.load_state_dict(state)
            with_gradients(network, step)
            optimizer.step()
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    assert isinstance(optimizer_of(small_network()), Muon)
    torch.testing.assert_close(taken(True), taken(False), atol=0, rtol=0)
