"""Every reader of bytes that others wrote, with good files to begin from."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import tempfile
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from indexnet_cli.batch.journal import Journal
from indexnet_cli.batch.pairing import read_list
from indexnet_cli.batch.planning import plan
from indexnet_cli.checkpoints import first_use, manifest
from indexnet_cli.checkpoints.downloading.google_drive import confirmed_address, is_over_quota
from indexnet_cli.checkpoints.downloading.partial import Partial
from indexnet_cli.checkpoints.reading import read_state_dict
from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.session import Session
from indexnet_cli.imaging.products import ProductStyle
from indexnet_cli.imaging.reading import read_alpha, read_image, read_trimap
from indexnet_cli.training.recipe import load_recipe
from tests.checkpoints.legacy_files import save_as_tar
from tests.faults import bad_pictures

MOST_PIXELS = 100_000
GOOD = {name: data for name, data in bad_pictures.accepted().items() if len(data) < 20_000}
STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}
EDITS = b"""{"do":"paint","name":"a","part":0,"level":"unknown","radius":3.0,"points":[[1.5,2]]}
{"do":"fill","name":"b","part":0,"level":"foreground","x":0,"y":0}
{"do":"undo","name":"c","part":0}
{"saved":"photo_alpha.png","sha256":"00"}
"""
DRIVE_PAGE = b"""<html><form id="download-form" action="https://drive.usercontent.google.com/download">
<input type="hidden" name="id" value="x"><input name="confirm" value="t"></form></html>"""


@dataclass(frozen=True)
class Target:
    """``read`` takes bytes and may raise IndexnetError, and nothing else."""

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _file(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """``read`` as a function of what the file ``path`` holds."""

    def read_content(content: bytes) -> object:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return read(path)

    return read_content


def _pictures(suffixes: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(data for name, data in GOOD.items() if name.endswith(suffixes))


def _torch_file(document: Any, zipped: bool) -> bytes:
    file = io.BytesIO()
    torch.save(document, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _touch(state: dict[str, Tensor]) -> int:
    """What the program does with tensors before it knows that they fit: nothing but look."""
    return sum(len(key) + len(value.shape) for key, value in state.items())


def _read_manifest(path: Path) -> object:
    own = manifest.manifest_path
    manifest.manifest_path = lambda: path
    try:
        return manifest.load_manifest.__wrapped__()
    finally:
        manifest.manifest_path = own


def _read_journal(path: Path) -> object:
    journal = Journal(path.parent)
    outputs = {"alpha": path.parent / "a.png"}
    return journal.own(), journal.is_done(outputs, "w")


def _read_partial(path: Path) -> object:
    partial = Partial(path.with_name("some.pth"))
    partial.path.write_bytes(b"begun")
    return partial.is_whole, partial.range_headers("https://a.example/some.pth", True)


def _read_list(path: Path) -> object:
    return plan(read_list(path), path.parent / "out", ProductStyle())


def _read_page(content: bytes) -> object:
    page = content.decode("utf-8", "replace")
    return is_over_quota(page), confirmed_address(page, "https://drive.google.com/uc")


def _read_edits(path: Path) -> object:
    image = path.with_name("photo.png")
    image.write_bytes(GOOD["one.png"])
    with closing(EditJournal(image)) as journal:
        kept, address = journal.folder / "journal.jsonl", journal.folder / "address.json"
        shutil.copy(path, kept)
        address.write_bytes(path.read_bytes().partition(b"\n")[0])
    with closing(EditJournal(image)) as journal:
        journal.address()
        return Session(read_image(image), journal).trimap, journal.was_saved(image)


def _read_pins(path: Path) -> object:
    return first_use._read(path).get("some.pth")


def make_targets(folder: Path) -> dict[str, Target]:
    """By name; files are written below ``folder``."""
    documents = (
        STATE,
        {"state_dict": STATE, "args": Namespace(lr=0.1), "curve": np.arange(3.0), "epoch": 1},
    )
    entry = json.loads(manifest.manifest_path().read_bytes())
    entry["checkpoints"] = entry["checkpoints"][:3]
    origin = {"url": "https://a.example/some.pth", "validator": '"x"', "total": 9}
    done = {"done": {"alpha": "a.png"}, "work": "w", "sha256": {"alpha": "0" * 64}}
    journal = "\n".join(json.dumps(line) for line in ({"begun": ["a.png"]}, done))

    def file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
        return _file(folder / name.partition(".")[0] / name, read)

    def checkpoint(name: str) -> Callable[[bytes], object]:
        return file(name, lambda path: _touch(read_state_dict(path)))

    def image(content: bytes) -> object:
        return read_image(io.BytesIO(content), MOST_PIXELS)

    def trimap(content: bytes) -> object:
        return read_trimap(io.BytesIO(content), MOST_PIXELS)

    def alpha(content: bytes) -> object:
        return read_alpha(io.BytesIO(content), MOST_PIXELS)

    return {
        "picture.png": Target(image, _pictures((".png",))),
        "picture.jpg": Target(image, _pictures((".jpg",))),
        "picture.tif": Target(image, _pictures((".tif",))),
        "picture.other": Target(image, _pictures((".webp", ".ppm", ".bmp"))),
        "trimap": Target(trimap, _pictures(("palette.png", "alpha.png", "grey.png", ".tif"))),
        "alpha": Target(alpha, _pictures(("palette.png", "transparent.png", "float.tif"))),
        "checkpoint.zip": Target(
            checkpoint("a.pth"), tuple(_torch_file(d, True) for d in documents)
        ),
        "checkpoint.pickle": Target(
            checkpoint("b.pth"),
            (*(_torch_file(d, False) for d in documents), pickle.dumps({"a": 1})),
        ),
        "checkpoint.safetensors": Target(checkpoint("c.safetensors"), (save(STATE),)),
        "checkpoint.npz": Target(
            checkpoint("d.npz"), (_npz(**{"conv/W": np.ones((2, 3)), "conv/b": np.ones(2)}),)
        ),
        "checkpoint.tar": Target(checkpoint("e.pth"), (legacy_seed(),)),
        "manifest": Target(file("manifest.json", _read_manifest), (json.dumps(entry).encode(),)),
        "list": Target(
            file("list.csv", _read_list),
            (b'image,trimap\na.png,b.png\n"c d.jpg",e.png,out/x\n', b"a.png,b.png,../x\n"),
        ),
        "recipe": Target(
            file("recipe.toml", lambda path: load_recipe(str(path))),
            (b'model = "indexnet.open"\ncrop = 64\nbatch_size = 2\nseed = 1\nsteps = 10\n',),
        ),
        "journal": Target(file("indexnet-batch.jsonl", _read_journal), (journal.encode(),)),
        "cache.part": Target(
            file("some.pth.part.json", _read_partial), (json.dumps(origin).encode(),)
        ),
        "edits": Target(
            file("edits.jsonl", _read_edits),
            (EDITS, b'{"port": 50000, "token": "abcdefghijklmnopqrstuvwx"}\n'),
        ),
        "cache.pins": Target(file("pins.json", _read_pins), (b'{"some.pth": "00ff"}',)),
        "drive": Target(_read_page, (DRIVE_PAGE,)),
    }


def legacy_seed() -> bytes:
    """A tar file as torch 0.1 wrote it."""
    root = torch.arange(12.0)
    tensors = [root[:6].view(2, 3), root[6:8]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "old.pth"
        save_as_tar({"a.weight": tensors[0], "a.bias": tensors[1]}, tensors, path, root)
        return path.read_bytes()
