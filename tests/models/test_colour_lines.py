from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from indexnet_cli.models import colour_lines
from indexnet_cli.models.colour_lines import REACH, VARIANCE, MattingLaplacian, fit_colours


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def dense(image: Tensor) -> np.ndarray:
    """The matting Laplacian of ``image`` 3 x H x W window by window, as eq. 12 is written."""
    colours = image.double().permute(1, 2, 0).numpy()
    height, width = colours.shape[:2]
    matrix = np.zeros((height * width, height * width))
    pixels = np.arange(height * width).reshape(height, width)
    for top in range(height - 2):
        for left in range(width - 2):
            window = np.s_[top : top + 3, left : left + 3]
            centred = colours[window].reshape(9, 3)
            centred = centred - centred.mean(0)
            covariance = centred.T @ centred / 9 + VARIANCE * np.eye(3)
            affinity = (1 + centred @ np.linalg.inv(covariance) @ centred.T) / 9
            inside = pixels[window].ravel()
            matrix[np.ix_(inside, inside)] += np.eye(9) - affinity
    return matrix


def columns(laplacian: MattingLaplacian, height: int, width: int) -> np.ndarray:
    """The matrix that ``times`` multiplies by."""
    units = torch.eye(height * width).reshape(-1, 1, 1, height, width)
    return np.stack([laplacian.times(unit).numpy().ravel() for unit in units], axis=1)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (3, 7), (6, 5)])
def test_the_matrix_is_that_of_the_paper(height: int, width: int) -> None:
    image = noise(3, height, width)
    laplacian = MattingLaplacian(image[None])
    found = columns(laplacian, height, width)
    np.testing.assert_allclose(found, dense(image), atol=2e-5)
    np.testing.assert_allclose(found, found.T, atol=1e-6)
    scaled = found / laplacian.windows.numpy().reshape(-1, 1)
    assert np.linalg.eigvals(scaled).real.max() < 1 + 1e-5


def test_flat_and_grey_pictures_are_no_danger() -> None:
    grey = noise(1, 1, 9, 9).expand(1, 3, 9, 9)
    for image in (torch.zeros(1, 3, 9, 9), torch.ones(1, 3, 9, 9), grey):
        alpha = noise(1, 1, 9, 9, seed=1)
        fitted = fit_colours(alpha, image, torch.ones_like(alpha))
        assert torch.isfinite(fitted).all()
        assert fitted.min() >= 0
        assert fitted.max() <= 1


def composed(size: int) -> tuple[Tensor, Tensor]:
    """A picture of two flat colours, and the alpha by which they are mixed."""
    alpha = noise(1, 1, size, size, seed=3)
    front, behind = torch.tensor([0.9, 0.3, 0.1]), torch.tensor([0.1, 0.4, 0.8])
    return alpha * front.view(3, 1, 1) + (1 - alpha) * behind.view(3, 1, 1), alpha


def test_alpha_that_is_linear_in_colour_stays() -> None:
    image, alpha = composed(24)
    assert torch.allclose(
        fit_colours(alpha, image, torch.ones_like(alpha)), alpha, rtol=0, atol=3e-3
    )


def test_what_a_network_smeared_is_found_again() -> None:
    image, alpha = composed(24)
    smeared = torch.nn.functional.avg_pool2d(alpha, 5, stride=1, padding=2, count_include_pad=False)
    unknown = (noise(1, 1, 24, 24, seed=6) < 0.8).float()
    fitted = fit_colours(torch.where(unknown > 0, smeared, alpha), image, unknown)
    assert (fitted - alpha).abs().mean() < 0.05 * ((smeared - alpha) * unknown).abs().mean()


def test_known_pixels_stay_and_hold() -> None:
    image, alpha = composed(24)
    unknown = torch.zeros_like(alpha)
    unknown[..., 8:16, :] = 1
    start = torch.where(unknown > 0, 0.5, alpha.round())
    fitted = fit_colours(start, image, unknown)
    assert torch.equal(fitted[unknown == 0], start[unknown == 0])
    assert not torch.equal(fitted, start)


def test_a_sure_network_is_believed_more() -> None:
    image, unknown = torch.zeros(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    unknown[..., 4:12, :] = 1  # between rows of background, in the same colour
    kept = [float(fit_colours(a * unknown, image, unknown).mean()) / a for a in (1.0, 0.9)]
    assert 0 < kept[1] < 0.8 * kept[0]


def test_nothing_further_away_than_its_reach_counts() -> None:
    side = 2 * REACH + 9
    image, alpha = noise(1, 3, 9, side, seed=4), noise(1, 1, 9, side, seed=5)
    whole = fit_colours(alpha, image, torch.ones_like(alpha))
    middle = slice(REACH, -REACH)
    for changed in (slice(0, 1), slice(-1, None)):
        other_image, other_alpha = image.clone(), alpha.clone()
        other_image[..., changed], other_alpha[..., changed] = 0.5, 0.5
        other = fit_colours(other_alpha, other_image, torch.ones_like(alpha))
        assert not torch.equal(other, whole)
        assert torch.equal(other[..., middle], whole[..., middle])


def test_pictures_of_a_batch_do_not_mix() -> None:
    image, alpha = noise(2, 3, 8, 9), noise(2, 1, 8, 9, seed=1)
    unknown = (noise(2, 1, 8, 9, seed=2) < 0.8).float()
    together = fit_colours(alpha, image, unknown)
    alone = [fit_colours(alpha[n : n + 1], image[n : n + 1], unknown[n : n + 1]) for n in (0, 1)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-6)


def test_a_picture_without_a_window_is_left_alone() -> None:
    alpha = noise(1, 1, 2, 9)
    assert torch.equal(fit_colours(alpha, noise(1, 3, 2, 9), torch.ones_like(alpha)), alpha)


def test_the_gradient_is_that_of_small_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour_lines, "SURE_CONFIDENCE", 0.0)  # the confidence is not learnt
    image = noise(1, 3, 9, 8)
    alpha = (0.3 + 0.4 * noise(1, 1, 9, 8, seed=1)).requires_grad_()
    unknown = (noise(1, 1, 9, 8, seed=2) < 0.8).float()
    weights, direction = noise(1, 1, 9, 8, seed=3) - 0.5, noise(1, 1, 9, 8, seed=4) - 0.5

    def total(at: Tensor) -> Tensor:
        return (fit_colours(at, image, unknown) * weights).sum()

    (gradient,) = torch.autograd.grad(total(alpha), alpha)
    step = 0.05 * direction  # linear as long as nothing is clipped, so that no step is too large
    with torch.no_grad():
        difference = total(alpha + step) - total(alpha - step)
    assert float((gradient * 2 * step).sum()) == pytest.approx(float(difference), rel=1e-3)
