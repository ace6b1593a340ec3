from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from indexnet_cli.checkpoints import recognition
from indexnet_cli.checkpoints.chainer import from_chainer
from indexnet_cli.checkpoints.manifest import load_manifest
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.checkpoints.recognition import fitting_models, recognise, shapes_of
from indexnet_cli.errors import CheckpointError, UsageError
from indexnet_cli.models.registry import MODELS, build_network, resolve_model
from tests.golden.vgg16 import read_keys

WITHOUT_REFINEMENT = {"dim.stage0", "dim.stage1", "dim.stage1-skip"}


def shaped_like(model: str) -> dict[str, Tensor]:
    """Tensors with the names and shapes of the model's, on the meta device."""
    with torch.device("meta"):
        return build_network(resolve_model(model)).state_dict()


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_fits_its_own_keys(model: str) -> None:
    state = shaped_like(model)
    fitting = fitting_models(shapes_of(state))
    assert model in {spec.name for spec in fitting}
    assert {spec.architecture for spec in fitting} == {resolve_model(model).architecture}


@pytest.mark.parametrize(
    ("model", "recognised"),
    [
        ("indexnet.official", "indexnet.open"),
        ("deepmatting.official", "deepmatting.official"),
        ("dim.stage1-conv1x1", "dim.stage1-conv1x1"),
        ("dim.chainer", "dim.chainer"),
    ],
)
def test_keys_tell_the_model(model: str, recognised: str) -> None:
    assert recognise(shaped_like(model), Path("some.pth")).name == recognised


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("dim.stage1", WITHOUT_REFINEMENT),
        ("dim.refine", {"dim.refine", "dim.refine-skip"}),
    ],
)
def test_skip_connections_leave_no_trace_in_the_keys(model: str, named: set[str]) -> None:
    with pytest.raises(UsageError) as raised:
        recognise(shaped_like(model), Path("mine.pth"))
    assert all(name in raised.value.message for name in named)
    assert "--model" in raised.value.hint


def test_a_published_file_name_tells_what_keys_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = dict(load_manifest())
    mmlab = entries["indexnet.openmmlab"]
    assert recognise(shaped_like("indexnet"), Path("x") / mmlab.file).name == "indexnet.openmmlab"
    without_skip = {**vars(mmlab), "name": "v1.4", "model": "dim.stage1", "file": "stage1.pth"}
    entries["v1.4"] = type(mmlab)(**without_skip)
    monkeypatch.setattr(recognition, "load_manifest", lambda: entries)
    assert recognise(shaped_like("dim"), Path("stage1.pth")).name == "dim.stage1"
    with pytest.raises(UsageError):
        recognise(shaped_like("dim"), Path("other.pth"))


def test_what_fits_no_model_is_compared_with_the_closest() -> None:
    state = shaped_like("deepmatting")
    state["dconv6.weight"] = torch.empty(3, 3)
    state["extra.bias"] = state.pop("alpha_pred.bias")
    with pytest.raises(CheckpointError) as raised:
        recognise(state, Path("odd.pth"))
    said = ("odd.pth", "deepmatting.official", "missing: alpha_pred.bias", "unknown: extra.bias")
    assert all(part in raised.value.message for part in (*said, "dconv6.weight (3, 3)"))


def test_what_resembles_nothing_is_said_so() -> None:
    with pytest.raises(CheckpointError, match="belongs to no known model") as raised:
        recognise({"fc.weight": torch.zeros(1)}, Path("classifier.pth"))
    assert "none of the known models" in raised.value.hint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("dim.refine-skip", "those of dim.refine, dim.refine-skip"),
        ("dim.stage1-conv1x1", "those of dim.stage1-conv1x1"),
        ("deepmatting.official", "those of deepmatting.official"),
    ],
)
def test_a_file_of_another_model_leads_to_it(given: str, said: str) -> None:
    with torch.device("meta"):
        network = build_network(resolve_model("indexnet"))
    with pytest.raises(CheckpointError) as raised:
        load_into(network, shaped_like(given), "some.pth")
    assert said in raised.value.hint


class TestChainerFiles:
    @pytest.fixture
    def arrays(self) -> dict[str, np.ndarray]:
        """Every array of the published layout, each filled with a number of its own."""
        return {
            name: np.full(shape, index, kind)
            for index, (name, shape, kind) in enumerate(read_keys("dim.chainer"))
        }

    def test_names_and_values(self, arrays: dict[str, np.ndarray]) -> None:
        state = from_chainer(arrays)
        expected = shaped_like("dim.chainer")
        assert shapes_of(state) == shapes_of(expected)
        for name in ("conv1_1", "convf_2", "convv"):
            assert (state[f"{name}.weight"].numpy() == arrays[f"{name}/W"]).all()
            assert (state[f"{name}.bias"].numpy() == arrays[f"{name}/b"]).all()
        assert recognise(state, Path("a.npz")).name == "dim.chainer"

    def test_unknown_arrays_are_not_dropped(self) -> None:
        assert list(from_chainer({"fc/gain": np.zeros(1), "bn6_1/N": np.zeros(1)})) == ["fc/gain"]

    @pytest.mark.parametrize("name", ["demo.npz", "demo.npy"])
    def test_an_npz_is_read_whatever_it_is_called(self, tmp_path: Path, name: str) -> None:
        with (tmp_path / name).open("wb") as stream:
            np.savez(stream, **{"a/W": np.ones((2, 3), np.float32), "a/b": np.zeros(2, np.float32)})
        state = read_state_dict(tmp_path / name)
        assert {key: tuple(value.shape) for key, value in state.items()} == {
            "a.weight": (2, 3),
            "a.bias": (2,),
        }

    def test_pickled_dicts_are_refused(self, tmp_path: Path) -> None:
        np.save(tmp_path / "dict.npy", {"a/W": np.ones(2)}, allow_pickle=True)
        with pytest.raises(CheckpointError, match="could run code"):
            read_state_dict(tmp_path / "dict.npy")

    def test_pickled_members_are_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", **{"a/W": np.array([{}, None], object)})
        with pytest.raises(CheckpointError, match="could run code"):
            read_state_dict(tmp_path / "a.npz")

    @pytest.mark.parametrize("content", [b"", b"<html>", b"PK\3\4", b"\x93NUMPY"])
    @pytest.mark.parametrize("name", ["a.npz", "a.npy"])
    def test_damaged_files(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=name):
            read_state_dict(tmp_path / name)

    def test_a_lone_array_is_no_checkpoint(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", np.zeros(3))
        with pytest.raises(CheckpointError, match="no"):
            read_state_dict(tmp_path / "a.npy")


def test_the_model_is_told_by_the_weights(tmp_path: Path) -> None:
    from indexnet_cli import load_matter

    state = {
        key: torch.zeros(value.shape).half() for key, value in shaped_like("dim.chainer").items()
    }
    save_file(state, tmp_path / "mine.safetensors")
    matter = load_matter(weights=tmp_path / "mine.safetensors", device="cpu")
    assert matter.report.model == "dim.chainer"
    trimap = np.full((40, 40), 128, np.uint8)
    trimap[0] = 0
    alpha = matter.matte(np.zeros((40, 40, 3), np.uint8), trimap)
    assert (alpha[1:] == 0.5).all()
