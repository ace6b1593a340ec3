"""The loop: exact resume, calibration that keeps functions, starts from weights."""

from __future__ import annotations

import csv
import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.datasets.mattes import KINDS
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.engine.ranks import Ranks
from indexnet_cli.errors import CheckpointError, InputError, UsageError
from indexnet_cli.models.indexnet import build_indexnet
from indexnet_cli.models.registry import resolve_model
from indexnet_cli.training.batches import Share, batches
from indexnet_cli.training.data import Data
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.initialisation import (
    calibrate,
    initialise,
    load_folded_encoder,
    read_folded_encoder,
)
from indexnet_cli.training.keeping import KeepingOptions
from indexnet_cli.training.loop import Trainer
from indexnet_cli.training.losses import Batch
from indexnet_cli.training.progress import Progress
from indexnet_cli.training.recipe import Recipe, load_recipe
from indexnet_cli.training.snapshots import SNAPSHOT, export_weights
from indexnet_cli.training.starting import Start
from indexnet_cli.training.step import Outcome
from indexnet_cli.training.validation.full_images import FullImages
from indexnet_cli.training.validation.open_kinds import OpenKinds

TINY = [
    "crop=64",
    "late_crop=96",
    "late_batch_size=1",
    "batch_size=2",
    "warmup_steps=1",
    "calibration_batches=1",
    "validation_crop=64",
    "validation_per_kind=1",
    "snapshot_every=2",
]


def tiny_recipe(steps: int, *more: str) -> Recipe:
    return load_recipe("open", [*TINY, f"steps={steps}", f"validate_every={steps}", *more])


class OnePicture(FullImages):
    """Validation as quick as can be."""

    def __init__(self, pack: Pack) -> None:
        samples = OpenCompositions(pack, 0, 64, "validation")
        super().__init__([samples[0]], "fp32")


def make(
    pack: Pack,
    folder: Path,
    recipe: Recipe,
    start: Start | None = None,
    options: KeepingOptions | None = None,
    pause_at: float | None = None,
) -> Trainer:
    data = Data(lambda seed, crop: OpenCompositions(pack, seed, crop), OnePicture(pack))
    return Trainer(
        recipe,
        data,
        folder,
        torch.device("cpu"),
        start or Start(),
        workers=0,
        options=options,
        pause_at=pause_at,
    )


def run(pack: Pack, folder: Path, recipe: Recipe, start: Start | None = None) -> Trainer:
    trainer = make(pack, folder, recipe, start)
    trainer.run(lambda progress: None)
    return trainer


class Stopped(Exception):
    pass


def equal_weights(one: Path, other: Path) -> bool:
    first, second = (load_file(folder / "weights.safetensors") for folder in (one, other))
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_interrupted_run_goes_on_exactly(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Path
) -> None:
    recipe = tiny_recipe(4)

    def stop_in_third_step(self: Trainer, pieces: list[Batch]) -> Outcome:
        if self.step == 2:
            raise Stopped
        return train_step(self, pieces)

    train_step = Trainer._train_step
    monkeypatch.setattr(Trainer, "_train_step", stop_in_third_step)
    with pytest.raises(Stopped):
        run(pack, tmp_path / "parts", recipe)
    monkeypatch.undo()
    resumed = make(pack, tmp_path / "parts", recipe)
    assert resumed.step == 2
    resumed.run(lambda progress: None)
    assert equal_weights(whole, tmp_path / "parts")
    assert (tmp_path / "parts" / "curve.csv").read_text().count("\n4,") == 1


def test_run_in_windows_goes_on_exactly(pack: Pack, tmp_path: Path) -> None:
    """Guides, which no checkpoint has, are in the snapshots too."""
    settings = ["window=32", "half_weight=0.5", "late_share=0", "snapshot_every=1"]
    run(pack, tmp_path / "whole", tiny_recipe(2, *settings))
    with pytest.raises(Stopped):
        make(pack, tmp_path / "parts", tiny_recipe(2, *settings)).run(_stop)
    resumed = make(pack, tmp_path / "parts", tiny_recipe(2, *settings))
    assert resumed.step == 1
    resumed.run(lambda progress: None)
    assert equal_weights(tmp_path / "whole", tmp_path / "parts")


def _stop(_progress: Progress) -> None:
    raise Stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_writes_a_snapshot_first(
    pack: Pack, tmp_path: Path, whole: Path, number: int
) -> None:
    recipe = tiny_recipe(4, "snapshot_every=4")
    expected = KeyboardInterrupt if number == signal.SIGINT else SystemExit

    def ask_to_end(progress: Progress) -> None:
        if progress.step == 1:
            signal.raise_signal(number)

    with pytest.raises(expected) as ended:
        make(pack, tmp_path / "parts", recipe).run(ask_to_end)
    if number == signal.SIGTERM:
        assert ended.value.code == 143  # type: ignore[union-attr]
    resumed = make(pack, tmp_path / "parts", recipe)
    assert resumed.step == 2  # the step that had begun when the signal came was finished
    resumed.run(lambda progress: None)
    assert equal_weights(whole, tmp_path / "parts")


def test_snapshot_of_before_the_recipe_grew_goes_on(pack: Pack, tmp_path: Path) -> None:
    run(pack, tmp_path / "parts", tiny_recipe(2))
    path = tmp_path / "parts" / SNAPSHOT
    state = torch.load(path, weights_only=True)
    old = {"model", "crop", "batch_size", "seed", "steps", "warmup_steps", "learning_rate"}
    state["recipe"] = {key: value for key, value in state["recipe"].items() if key in old}
    keys = ("recipe", "step", "network", "average", "optimizer")
    torch.save({key: state[key] for key in keys}, path)
    assert make(pack, tmp_path / "parts", tiny_recipe(4)).step == 2


@pytest.fixture(scope="module")
def whole(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of four steps that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    run(pack, folder, tiny_recipe(4))
    return folder


def test_run_writes_curve_validation_and_loadable_weights(whole: Path) -> None:
    with (whole / "validation.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["mean"]
    assert float(rows[0]["sad"]) > 0
    with (whole / "curve.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert last["step"] == "4"
    halfway = 0.5 * tiny_recipe(4).learning_rate  # on its way down; the encoder has its own
    assert float(last["learning_rate"]) == pytest.approx(halfway)
    weights = load_file(whole / "weights.safetensors")
    missing, extra = build_indexnet().load_state_dict(weights, strict=False)
    assert not extra
    assert all(key.endswith("num_batches_tracked") for key in missing)
    assert not list(whole.glob("*.part"))
    assert (whole / "examples" / "step-00000004.png").is_file()


def test_checkpoint_knows_its_model_recipe_and_scores(whole: Path) -> None:
    with safe_open(whole / "weights.safetensors", "pt") as file:
        facts = file.metadata()
    assert facts["model"] == "indexnet.open"
    assert json.loads(facts["recipe"])["crop"] == 64
    assert json.loads(facts["scores"]).keys() == {"sad", "mse", "mad", "grad", "conn"}


def test_validation_of_the_pack_tells_every_kind(pack: Pack) -> None:
    recipe = tiny_recipe(2)
    network = build_indexnet().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    rows = OpenKinds(pack, recipe).score(
        network, resolve_model(recipe.model), torch.device("cpu"), Ranks()
    )
    assert list(rows) == [*KINDS, "mean"]


def test_training_moves_the_weights_and_keeps_the_frozen_statistics(
    pack: Pack, tmp_path: Path
) -> None:
    recipe = tiny_recipe(2)
    fresh = make(pack, tmp_path / "a", recipe)
    before = {key: value.clone() for key, value in fresh.network.state_dict().items()}
    fresh.run(lambda progress: None)
    after = fresh.network.state_dict()
    still = {key for key in before if torch.equal(before[key], after[key])}
    assert all("running_" in key or "num_batches" in key for key in still)
    frozen = {key for key in before if "running_" in key and not key.startswith(recipe.live_norms)}
    assert frozen <= still


def test_snapshot_of_another_recipe_is_refused(pack: Pack, tmp_path: Path) -> None:
    run(pack, tmp_path, tiny_recipe(2))
    with pytest.raises(UsageError, match="learning_rate"):
        run(pack, tmp_path, tiny_recipe(2, "learning_rate=0.1"))


def test_one_sample_is_too_few_to_calibrate(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one sample"):
        make(pack, tmp_path, tiny_recipe(1, "batch_size=1"))


def test_damaged_snapshot_is_told(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / SNAPSHOT).write_bytes(b"not a snapshot")
    with pytest.raises(CheckpointError, match="damaged"):
        run(pack, tmp_path, tiny_recipe(2))


def test_start_from_weights_begins_with_their_function(pack: Pack, tmp_path: Path) -> None:
    run(pack, tmp_path / "first", tiny_recipe(2))
    state = load_file(tmp_path / "first" / "weights.safetensors")
    trainer = make(pack, tmp_path / "second", tiny_recipe(2), Start(init=state))
    loaded = trainer.network.state_dict()
    assert all(torch.equal(loaded[key], value.float()) for key, value in state.items())


def test_weights_are_joined_with_the_start(pack: Pack, tmp_path: Path, whole: Path) -> None:
    start = Start(init=load_file(whole / "weights.safetensors"))
    settings = ["start_share=0.75", "late_share=0", "export=fp32", "snapshot_every=1"]
    with pytest.raises(Stopped):
        make(pack, tmp_path, tiny_recipe(2, *settings), start).run(_stop)
    run(pack, tmp_path, tiny_recipe(2, *settings))  # a snapshot remembers the start
    snapshot = torch.load(tmp_path / SNAPSHOT, weights_only=True)
    for key, written in load_file(tmp_path / "weights.safetensors").items():
        first, last = start.init[key].float(), snapshot["average"][key]
        torch.testing.assert_close(written, 0.75 * first + 0.25 * last, rtol=1e-3, atol=1e-5)
    alone = make(pack, tmp_path / "alone", tiny_recipe(2, *settings[1:]), start)
    alone.run(lambda progress: None)
    trained = alone.network.state_dict()
    assert all(torch.equal(snapshot["network"][key], value) for key, value in trained.items())


def test_a_start_that_knows_nothing_is_not_joined(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not start from trained weights"):
        make(pack, tmp_path, tiny_recipe(2, "start_share=0.5"))


def small_recipe() -> Recipe:
    return tiny_recipe(2, "model=indexnet.open-small", "narrow=true")


def test_a_small_network_starts_from_a_wide_one(pack: Pack, tmp_path: Path) -> None:
    state = load_file(find_checkpoint("indexnet.open").path)
    trainer = make(pack, tmp_path, small_recipe(), Start(init=state))
    small, wide = trainer.network.eval(), build_indexnet().eval()
    wide.load_state_dict(state, strict=False)
    inputs = next(trainer.course.first_inputs(Feed(trainer.spec, torch.device("cpu"))))
    with torch.no_grad():
        found, expected = (network(inputs).clamp(0, 1) for network in (small, wide))
    assert expected.std() > 0.2
    assert (found - expected).abs().mean() < 0.05  # two samples tell little of what matters


def test_what_is_no_indexnet_is_not_narrowed(pack: Pack, tmp_path: Path) -> None:
    start = Start(init={"conv1_1.weight": torch.zeros(64, 4, 3, 3)})
    with pytest.raises(CheckpointError, match="narrowed"):
        make(pack, tmp_path, small_recipe(), start)
    small = load_file(find_checkpoint("indexnet.open-small").path)
    with pytest.raises(CheckpointError, match="wider"):
        make(pack, tmp_path, tiny_recipe(2, "narrow=true"), Start(init=small))
    with pytest.raises(UsageError, match="no weights to be narrowed"):
        make(pack, tmp_path, small_recipe())
    with pytest.raises(UsageError, match="narrow = True: needs calibration_batches"):
        load_recipe("open-small", ["calibration_batches=0"])


def test_batches_do_not_depend_on_the_workers(pack: Pack) -> None:
    samples = OpenCompositions(pack, 3, 64)
    indices = [range(2, 4), range(4, 6)]
    alone = list(batches(samples, indices, workers=0))
    helped = list(batches(samples, indices, workers=1))
    for one, other in zip(alone, helped, strict=True):
        assert all(torch.equal(one[key], other[key]) for key in one)


def test_processes_and_pieces_share_a_batch_out() -> None:
    steps = [range(8, 16), range(16, 24)]
    shares = [Share(steps, pieces=2, rank=rank, ranks=2) for rank in range(2)]
    assert [list(share[2]) for share in shares] == [[16, 17], [20, 21]]
    for number, step in enumerate(steps):
        together = [i for share in shares for piece in (0, 1) for i in share[2 * number + piece]]
        assert together == list(step)


def folded_encoder_arrays() -> dict[str, np.ndarray]:
    """Random weights under torchvision's names, from the shapes of our encoder."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "features.0.0.weight": rng.normal(0, 0.2, (32, 3, 3, 3)),
        "features.0.0.bias": rng.normal(0, 0.2, 32),
    }
    network = build_indexnet()
    number = 0
    for level in range(1, 8):
        for block in network.get_submodule(f"layer{level}"):  # type: ignore[attr-defined]
            number += 1
            convs = [layer for layer in block.conv if isinstance(layer, nn.Conv2d)]
            names = ["0.0", "1.0", "2"] if len(convs) == 3 else ["0.0", "1"]
            for name, conv in zip(names, convs, strict=True):
                key = f"features.{number}.conv.{name}"
                shape = tuple(conv.weight.shape)
                arrays[f"{key}.weight"] = rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)
                arrays[f"{key}.bias"] = rng.normal(0, 0.1, shape[0])
    return {key: value.astype(np.float32) for key, value in arrays.items()}


def test_calibration_keeps_the_folded_encoder_and_normalises_the_rest() -> None:
    torch.manual_seed(0)
    network = build_indexnet()
    initialise(network)
    load_folded_encoder(network, folded_encoder_arrays(), (0.5, 0.5, 0.5), (0.2, 0.2, 0.2))
    x = torch.randn(2, 4, 64, 64)
    network.eval()
    stem = network.get_submodule("layer0")
    with torch.no_grad():
        before = network.get_submodule("layer1")(stem(x))
        calibrate(network, [x], fresh_encoder=False)
        after = network.get_submodule("layer1")(stem(x))
    assert torch.allclose(before, after, atol=1e-4)
    norm = network.get_submodule("layer0.1")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_var is not None
    assert not torch.allclose(norm.running_var, torch.ones(32), atol=0.05)
    with torch.no_grad():
        alpha = network(x)
    assert torch.isfinite(alpha).all()
    assert 0.1 < float(alpha.mean()) < 0.9


def test_first_convolution_takes_over_the_normalisation() -> None:
    """RGB / 127.5 - 1 is what the encoder expects; (RGB / 255 - mean) / std is what we feed."""
    arrays = folded_encoder_arrays()
    network = build_indexnet().eval()
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    load_folded_encoder(network, arrays, mean, std)
    rgb = torch.rand(1, 3, 16, 16)
    ours = (rgb - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    conv, norm = network.get_submodule("layer0.0"), network.get_submodule("layer0.1")
    with torch.no_grad():
        found = norm(conv(torch.cat([ours, torch.zeros(1, 1, 16, 16)], 1)))
        expected = torch.conv2d(
            2 * rgb - 1,
            torch.from_numpy(arrays["features.0.0.weight"]),
            torch.from_numpy(arrays["features.0.0.bias"]),
            padding=1,
        )
    inside = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    assert torch.allclose(found[inside], expected[inside], atol=1e-5)


def test_encoder_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(InputError, match="MobileNetV2"):
        read_folded_encoder(tmp_path / "other.npz")
    with pytest.raises(InputError):
        read_folded_encoder(tmp_path / "absent.npz")


def test_weights_beyond_half_precision_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="fp16"):
        export_weights({"a": torch.tensor([1e6])}, tmp_path / "w.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_paused_run_goes_on_from_a_compact_snapshot(pack: Pack, tmp_path: Path) -> None:
    """Elsewhere, where only the compact one has come along."""
    recipe = tiny_recipe(2, "late_share=0")
    compact = KeepingOptions(compact=tmp_path / "compact")
    paused = make(pack, tmp_path / "first", recipe, options=compact, pause_at=0.0)
    paused.run(lambda progress: None)
    assert (paused.step, paused.is_over) == (1, False)
    going_on = make(pack, tmp_path / "second", recipe, options=compact)
    assert going_on.step == 1
    exact = make(pack, tmp_path / "first", recipe, options=compact)
    for key, value in exact.network.state_dict().items():
        torch.testing.assert_close(going_on.network.state_dict()[key], value, rtol=1e-3, atol=1e-3)
    going_on.run(lambda progress: None)
    assert going_on.is_over
    assert [p.name for p in (tmp_path / "compact").glob("*1of*")] == [
        f"snapshot-00000002-1of{len(list((tmp_path / 'compact').iterdir()))}.npz"
    ]


def test_a_run_in_minutes_ends_by_the_clock(pack: Pack, tmp_path: Path) -> None:
    recipe = tiny_recipe(9, "minutes=1e-6", "snapshot_every=9")
    told: list[Progress] = []
    trainer = make(pack, tmp_path, recipe)
    trainer.run(told.append)
    assert [progress.step for progress in told] == [1]
    assert told[0].share == 1
    assert told[0].validation
    again = make(pack, tmp_path, recipe)
    assert again.is_over
    longer = make(pack, tmp_path, replace(recipe, minutes=60.0))
    assert longer.step == 1
    assert 0 < longer.course.clock.seconds < 600
