"""Every layout is recognised, and what is wrong with its files is told file by file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from indexnet_cli.datasets.layouts.recognition import read_layouts
from indexnet_cli.errors import InputError
from tests.datasets import scenes as make

CASES: list[tuple[Callable[[Path], Path], str, int, int, int]] = [
    # how it is made, its name, scenes, backgrounds, scenes of its test set
    (make.make_plain, "image/ alpha/", 2, 0, 0),
    (make.make_cut_outs, "fg/ alpha/", 2, 3, 0),
    (make.make_adobe, "Composition-1k", 4, 0, 2),
    (lambda root: make.make_adobe(root, listed=False), "Composition-1k", 2, 4, 2),
    (make.make_dim, "pytorch-deep-image-matting", 3, 0, 1),
    (make.make_chainer, "Chainer DIM", 3, 2, 0),
    (make.make_duts, "DUTS-TR", 3, 0, 0),
    (make.make_aim, "AIM", 6, 5, 0),
    (make.make_aim500, "AIM-500", 2, 0, 0),
    (make.make_photographs, "photographs", 0, 3, 0),
]


@pytest.mark.parametrize(("made", "name", "count", "backgrounds", "held_out"), CASES)
def test_recognised(
    tmp_path: Path,
    made: Callable[[Path], Path],
    name: str,
    count: int,
    backgrounds: int,
    held_out: int,
) -> None:
    (layout,) = read_layouts([made(tmp_path)])
    found = (layout.name, len(layout.scenes), len(layout.backgrounds), len(layout.held_out))
    assert found == (name, count, backgrounds, held_out)


def test_lists_pair_foregrounds_with_their_photographs(tmp_path: Path) -> None:
    (layout,) = read_layouts([make.make_adobe(tmp_path)])
    pairs = [(s.name, s.foreground.name, s.background.name) for s in layout.scenes]  # type: ignore[union-attr]
    assert pairs == [
        ("b one (1)_0", "b one (1).jpg", "b0.jpg"),
        ("b one (1)_1", "b one (1).jpg", "b1.jpg"),
        ("c_0", "c.jpg", "b2.jpg"),
        ("c_1", "c.jpg", "b3.jpg"),
    ]
    assert {(s.alpha.name, s.trimaps[0].name) for s in layout.held_out} == {
        ("t.png", "t_0.png"),
        ("t.png", "t_1.png"),
    }


def test_aim_sets_have_their_names_and_types(tmp_path: Path) -> None:
    (layout,) = read_layouts([make.make_aim(tmp_path)])
    found = {(s.kind, s.name, s.type) for s in layout.scenes}
    assert found == {
        (k, n, t) for k in ("DIM", "HATT", "AM2K") for n, t in (("a0", "SO"), ("a1", "STM"))
    }


def test_several_roots_and_a_folder_of_photographs(tmp_path: Path) -> None:
    one, two = make.make_aim(tmp_path / "one", ("DIM",)), make.make_aim500(tmp_path / "two")
    behind = make.make_photographs(tmp_path / "coco", 7)
    layouts = read_layouts([one / "DIM", two], behind)
    assert [layout.name for layout in layouts] == ["AIM", "AIM-500", "photographs"]
    assert {scene.kind for scene in layouts[0].scenes} == {"DIM"}
    assert len(layouts[2].backgrounds) == 7


def test_every_bad_file_is_named_at_once(tmp_path: Path) -> None:
    root = make.make_plain(tmp_path, 5)
    (root / "alpha/a0.png").unlink()
    (root / "image/a1.jpg").write_bytes(b"no picture")
    make.write(root / "alpha/a2.png", make.disc(50, 50))
    (root / "trimap/a3.png").write_bytes(b"")
    make.write(root / "alpha/left over.png", make.disc())
    with pytest.raises(InputError) as caught:
        read_layouts([root])
    text = str(caught.value)
    for told in (
        "image/a0.jpg: nothing of its name",
        "image/a1.jpg: ",
        "a2.jpg: is 96 x 72, but a2.png is 50 x 50",
        "trimap/a3.png: ",
        "alpha/left over.png: nothing goes with it",
    ):
        assert told in text
    assert "a4" not in text


def test_a_list_whose_files_are_missing(tmp_path: Path) -> None:
    root = make.make_adobe(tmp_path)
    (root / "Training_set/fg/c.jpg").unlink()
    (root / "Training_set/train2014/b1.jpg").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        read_layouts([root])
    assert "2 problems" in caught.value.message  # c.jpg serves two samples and is told once
    assert "c.jpg: is missing" in caught.value.message
    assert "b1.jpg: is empty" in caught.value.message


def test_many_problems_are_counted(tmp_path: Path) -> None:
    root = make.make_plain(tmp_path, 60, trimaps=False)
    for path in (root / "alpha").iterdir():
        path.rename(path.with_name(f"x{path.name}"))
    with pytest.raises(InputError, match=r"(?s)120 problems.*and 80 more") as caught:
        read_layouts([root])
    assert len(caught.value.message.splitlines()) == 42


def test_an_unknown_layout_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(InputError, match="it holds pictures/"):
        read_layouts([tmp_path])
    with pytest.raises(InputError, match="not a folder"):
        read_layouts([tmp_path / "absent"])
