"""The checkpoints that ship with the package, on the picture that ships with the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.engine.matter import Matter
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from indexnet_cli.metrics.sad import sad
from indexnet_cli.models.registry import DEFAULT_MODEL, build_network, resolve_model

EXAMPLES = Path(__file__).parents[2] / "examples"
SIZE_LIMITS = {DEFAULT_MODEL: 17_000_000, "indexnet.open-small": 5_000_000}  # bytes
SAD_LIMIT = 5.8  # over the unknown region, in thousands; a quarter above what was measured
UNKNOWN = 128
each_model = pytest.mark.parametrize("model", SIZE_LIMITS)


@each_model
def test_bundled_file_is_the_whole_network_in_half_precision(model: str) -> None:
    path = find_checkpoint(model).path
    state = load_file(path)
    expected = build_network(resolve_model(model)).state_dict()
    assert path.stat().st_size < SIZE_LIMITS[model]
    assert set(state) == {key for key in expected if not key.endswith("num_batches_tracked")}
    assert {value.dtype for value in state.values()} == {torch.float16}
    assert all(torch.isfinite(value).all() for value in state.values())


@each_model
def test_bundled_file_has_card_and_licence(model: str) -> None:
    folder = find_checkpoint(model).path.parent
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    assert "google-coral" in (folder / "NOTICE").read_text("utf-8")
    card = (folder / f"{model}.md").read_text("utf-8")
    assert all(word in card for word in ("Data", "Recipe", "Scores", "Licence"))


def example() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    image = read_image(EXAMPLES / "fluff.jpg").pixels
    trimap, _ = read_trimap(EXAMPLES / "fluff_trimap.png")
    return image, trimap, read_alpha(EXAMPLES / "fluff_truth.png")


@each_model
def test_example_is_matted(model: str) -> None:
    image, trimap, truth = example()
    alpha = Matter(model, device="cpu", precision="fp32").matte(image, trimap)
    assert sad(alpha, truth, trimap == UNKNOWN) < SAD_LIMIT
    assert np.array_equal(alpha[trimap != UNKNOWN], trimap[trimap != UNKNOWN] / np.float32(255))


def test_a_part_of_it_in_half_precision() -> None:
    """A part, as bf16 takes long where a processor lacks it."""
    image, trimap, truth = (plane[200:420, 230:450] for plane in example())
    fp32, bf16 = (
        sad(
            Matter(device="cpu", precision=precision, enlarge=False).matte(image, trimap),
            truth,
            trimap == UNKNOWN,
        )
        for precision in ("fp32", "bf16")
    )
    assert fp32 > 0.3
    assert abs(bf16 - fp32) < 0.03 * fp32


def outputs_of(*names: str) -> dict[str, torch.Tensor]:
    """What these parts of the network give for the picture, channels x cells.

    Nearly the whole picture: a channel may well be constant over the 8 x 8 pixels of a part.
    """
    network = build_network(resolve_model(DEFAULT_MODEL)).eval()
    network.load_state_dict(load_file(find_checkpoint(DEFAULT_MODEL).path), strict=False)
    found = {}

    def note(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            found[name] = output[0].flatten(1)

        return hook

    for name in names:
        network.get_submodule(name).register_forward_hook(note(name))
    image, trimap, _ = (plane[:352] for plane in example())
    colours = torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)
    classes = torch.from_numpy(trimap / np.float32(255))
    spec = resolve_model(DEFAULT_MODEL)
    mean, std = (torch.tensor(v)[:, None, None] for v in (spec.mean, spec.std))
    with torch.inference_mode():
        network(torch.cat([(colours - mean) / std, classes[None]])[None])
    return found


def test_its_coarse_features_are_alive() -> None:
    """Dead ones would mean a network that sees nothing beyond a few dozen pixels."""
    parts = ("dconv_pp", "decoder_layer6", "decoder_layer5", "decoder_layer4")
    for name, values in outputs_of(*parts).items():
        spread = values.amax(1) - values.amin(1)
        assert (spread > 1e-3).float().mean() > 0.95, name


def test_its_far_kernels_read_more_than_the_border() -> None:
    """Features far from zero, for how much they vary, would tell ASPP where the zeros begin."""
    features = outputs_of("layer7")["layer7"]
    assert features.mean(1).abs().mean() < features.std(1).mean()
