"""Checkpoints made to run code, to fill the memory, or to write elsewhere."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from indexnet_cli.checkpoints.reading import read_state_dict
from indexnet_cli.errors import CheckpointError

STATE = {"a.weight": torch.ones(2, 3)}
TRACE = "the-trace-of-code-that-ran"


class Calls:
    """A pickle that calls ``function`` when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


def attacks() -> dict[str, object]:
    """Documents that leave TRACE in the working folder where they are read carelessly."""
    touch = f"open({TRACE!r}, 'w')"
    return {
        "os.system": Calls(os.system, f"touch {TRACE}"),
        "os.mkdir": Calls(os.mkdir, TRACE),
        "eval": Calls(builtins.eval, touch),
        "exec": Calls(builtins.exec, touch),
        "open": Calls(builtins.open, TRACE, "w"),
        "subprocess": Calls(subprocess.Popen, ["touch", TRACE]),
        "getattr": Calls(getattr, "x", "upper"),
        "import": Calls(builtins.__import__, "os"),
        "numpy.load": Calls(np.load, TRACE),
        "torch.load": Calls(torch.load, TRACE),
        "torch.hub": Calls(torch.hub.load, "x/y", "z"),
        "nested": {"state_dict": STATE, "extra": [{"deep": Calls(os.mkdir, TRACE)}]},
        "as key": {Calls(str, "x"): 1, "state_dict": Calls(os.mkdir, TRACE)},
    }


def as_zip(document: object, path: Path) -> None:
    torch.save(document, path)


def as_legacy(document: object, path: Path) -> None:
    torch.save(document, path, _use_new_zipfile_serialization=False)


def as_pickle(document: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(document, 2))


def as_tar(document: object, path: Path) -> None:
    with tarfile.open(path, "w:") as archive:
        for name, value in (("storages", 0), ("tensors", 0), ("pickle", document)):
            data = pickle.dumps(value, 2) + (pickle.dumps([], 2) if name == "storages" else b"")
            add(archive, name, data)


def as_npz(document: object, path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, a=np.array([document], dtype=object))


@pytest.mark.parametrize("attack", attacks())
@pytest.mark.parametrize("write", [as_zip, as_legacy, as_pickle, as_tar, as_npz])
def test_no_code_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    attack: str,
    write: Callable[[object, Path], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ("evil.npz" if write is as_npz else "evil.pth")
    write(attacks()[attack], path)
    with pytest.raises(CheckpointError) as raised:
        read_state_dict(path)
    assert "evil" in raised.value.message
    assert "\n" not in raised.value.message
    assert {entry.name for entry in tmp_path.iterdir()} <= {path.name, "indexnet-home"}


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a/data.pkl", pickle.dumps({}))
        for number in range(20):
            archive.writestr(f"a/data/{number}", bytes(16 << 20))
    with pytest.raises(CheckpointError, match="would unpack to"):
        read_state_dict(path)
    renamed = path.rename(tmp_path / "bomb.npz")
    with pytest.raises(CheckpointError, match="would unpack to"):
        read_state_dict(renamed)


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped-indexnet", "a/../../escaped", "C:x"])
def test_names_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    """Archives are read member by member, never unpacked into a folder."""
    folder = tmp_path / "inner"
    folder.mkdir()
    torch.save(STATE, folder / "a.pth")
    with zipfile.ZipFile(folder / "a.pth", "a") as archive:
        archive.writestr(name, b"escaped")
    with tarfile.open(folder / "b.pth", "w:") as archive:
        add(archive, name, b"escaped")
    for file in ("a.pth", "b.pth"):
        with contextlib.suppress(CheckpointError):
            assert set(read_state_dict(folder / file)) == set(STATE)
    assert {path.name for path in tmp_path.rglob("*")} <= {"inner", "a.pth", "b.pth"}
    assert not Path("/tmp/escaped-indexnet").exists()


def test_links_in_archives_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "links.pth"
    with tarfile.open(path, "w:") as archive:
        for name in ("storages", "tensors", "pickle"):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    with pytest.raises(CheckpointError):
        read_state_dict(path)


CLAIM = 10 * 2**40


def test_safetensors_that_claim_ten_terabytes(tmp_path: Path) -> None:
    claims = (
        ([0, CLAIM], [CLAIM // 4], [2**40, 2**40, 2**40]),
        ([0, 4], [2**62], [-1, 4]),
    )
    for offsets, *shapes in claims:
        for shape in shapes:
            told = {"a": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}
            header = json.dumps(told).encode()
            path = tmp_path / "huge.safetensors"
            path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
            with pytest.raises(CheckpointError, match=r"huge\.safetensors"):
                read_state_dict(path)
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(CheckpointError, match=r"huge\.safetensors"):
        read_state_dict(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_that_claim_ten_terabytes(tmp_path: Path, zipped: bool) -> None:
    """The number of elements in the pickle is put up, the storage stays as it is."""
    path = tmp_path / "huge.pth"
    file = io.BytesIO()
    torch.save({"a": torch.zeros(8)}, file, _use_new_zipfile_serialization=zipped)
    content = file.getvalue()
    if zipped:
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(path, "w") as changed:
            for member in archive.namelist():
                data = archive.read(member)
                if member.endswith("data.pkl"):
                    data = put_up(data)
                changed.writestr(member, data)
    else:
        path.write_bytes(put_up(content))
    with pytest.raises(CheckpointError, match=r"huge\.pth"):
        read_state_dict(path)


def put_up(data: bytes) -> bytes:
    """A pickle in which every 8 that stands alone is ten terabytes of floats."""
    claimed = pickle.dumps(CLAIM // 4, 2)[2:-1]
    assert b"K\x08" in data
    return data.replace(b"K\x08", claimed)


def test_an_array_that_claims_ten_terabytes(tmp_path: Path) -> None:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({CLAIM // 4},), }}"
    npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("a.npy", npy)
    with pytest.raises(CheckpointError, match="claims more memory than there is"):
        read_state_dict(tmp_path / "huge.npz")


def test_a_view_that_claims_ten_terabytes(tmp_path: Path) -> None:
    """Its storage is of four bytes: it is read, and its shape tells before anything is copied."""
    from indexnet_cli.engine.matter import Matter

    torch.save({"a": torch.zeros(1).expand(CLAIM // 4)}, tmp_path / "wide.pth")
    with pytest.raises(CheckpointError, match="no known model"):
        Matter(weights=tmp_path / "wide.pth")


def test_methods_that_a_pickle_replaces(tmp_path: Path) -> None:
    from collections import OrderedDict

    state = OrderedDict(STATE)
    state.get = 5  # type: ignore[assignment,method-assign]
    torch.save(state, tmp_path / "odd.pth")
    assert set(read_state_dict(tmp_path / "odd.pth")) == set(STATE)


def test_no_shell_and_no_careless_reader() -> None:
    """What could start a shell or run a pickle does not occur in the package."""
    package = Path(sys.modules["indexnet_cli"].__file__ or "").parent
    forbidden = ("shell=True", "os.system(", "os.popen(", "weights_only=False", "allow_pickle=True")
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not [word for word in forbidden if word in text], path
        for line in text.splitlines():
            assert "torch.load(" not in line or "weights_only=True" in line, (path, line)


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
