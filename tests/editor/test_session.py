from __future__ import annotations

import numpy as np
import pytest

from indexnet_cli.editor.journal import Address, EditJournal
from indexnet_cli.editor.operations import Fill, Paint, Redo, Undo
from indexnet_cli.editor.session import Session
from indexnet_cli.errors import InputError, UsageError
from indexnet_cli.imaging.reading import read_image


@pytest.fixture
def begin(photo):
    """Opens the picture's session, as often as wanted; ends the one before, as a kill would."""
    open_journals = []

    def open_it(fresh=False):
        if open_journals:
            open_journals.pop().close()
        journal = EditJournal(photo, fresh)
        open_journals.append(journal)
        return Session(read_image(photo), journal)

    yield open_it
    open_journals.pop().close()


def dot(name, x, y, level="unknown", part=0):
    return Paint(name, part, level, 6.0, ((x, y),))


def test_all_comes_back(begin):
    session = begin()
    session.apply(dot("a", 20.0, 20.0))
    session.apply(dot("b", 60.0, 40.0, "foreground"))
    session.apply(dot("b", 70.0, 40.0, "foreground", part=1))
    session.apply(Fill("c", 0, "unknown", 0, 0))
    session.apply(Undo("d", 0))
    painted = session.trimap.copy()
    again = begin()
    assert np.array_equal(again.trimap, painted)
    assert again.revision == session.revision == 5
    again.apply(Redo("e", 0))
    assert again.trimap[0, 0] == 128
    again.apply(Undo("f", 0))
    again.apply(Undo("g", 0))  # both parts of b
    assert (again.trimap == 255).sum() == 0
    assert again.trimap[20, 20] == 128


def test_undo_gives_back_every_pixel(begin):
    session = begin()
    rng = np.random.default_rng(0)
    states = [session.trimap.copy()]
    for number in range(12):
        x, y = rng.uniform(-5, 200, 2)
        session.apply(dot(str(number), x, y, ("unknown", "foreground", "background")[number % 3]))
        states.append(session.trimap.copy())
    seen = len(session.history.done)
    for number in range(seen):
        session.apply(Undo(f"u{number}", 0))
    assert np.array_equal(session.trimap, states[0])
    for number in range(seen):
        session.apply(Redo(f"r{number}", 0))
    assert np.array_equal(session.trimap, states[-1])
    session.apply(Undo("u", 0))
    session.apply(dot("new", 30.0, 30.0))
    assert not session.history.undone


def test_a_repetition_does_nothing(begin):
    session = begin()
    session.apply(dot("a", 20.0, 20.0))
    session.apply(Undo("u", 0))
    session.apply(Undo("u", 0))
    session.apply(dot("a", 20.0, 20.0))
    assert session.revision == 2
    assert begin().apply(dot("a", 20.0, 20.0)).size == (0, 0)


def test_what_is_recorded_twice_is_done_once(begin):
    session = begin()
    session.apply(dot("a", 20.0, 20.0))
    session.apply(dot("b", 50.0, 20.0))
    session.apply(Undo("u", 0))
    path = session.journal.folder / "journal.jsonl"
    with path.open("a") as file:
        file.write(path.read_text().splitlines()[-1] + "\n")
    again = begin()
    assert again.revision == 3
    assert np.array_equal(again.trimap, session.trimap)


def test_half_a_line_is_cut_off(begin):
    session = begin()
    session.apply(dot("a", 20.0, 20.0))
    path = session.journal.folder / "journal.jsonl"
    with path.open("a") as file:
        file.write('{"do":"paint","name":"b","par')
    again = begin()
    assert again.revision == 1
    again.apply(dot("c", 50.0, 20.0))
    assert begin().revision == 2


def test_a_damaged_line_is_told(begin):
    session = begin()
    session.apply(dot("a", 20.0, 20.0))
    path = session.journal.folder / "journal.jsonl"
    path.write_text("nonsense\n" + path.read_text())
    session.journal.close()
    with pytest.raises(InputError, match="line 1"):
        begin()
    assert begin(fresh=True).revision == 0


def test_a_copy_of_the_picture_has_the_same_journal(begin, photo, tmp_path):
    session = begin()
    copy = tmp_path / "Kopie – ü.png"
    copy.write_bytes(photo.read_bytes())
    with pytest.raises(UsageError, match="open in an editor"):
        EditJournal(copy)
    session.journal.close()
    journal = EditJournal(copy)
    assert journal.folder == session.journal.folder
    journal.close()


def test_a_start_is_a_step_and_counts_once(begin):
    start = np.full((128, 192), 128, np.uint8)
    session = begin()
    session.start_with(start, again=False)
    session.apply(dot("a", 20.0, 20.0, "foreground"))
    painted = session.trimap.copy()
    again = begin()
    again.start_with(start, again=False)
    assert np.array_equal(again.trimap, painted)
    start[:] = 255
    again.start_with(start, again=False)
    assert (again.trimap == 255).all()
    again.apply(Undo("u", 0))
    assert np.array_equal(again.trimap, painted)
    with pytest.raises(InputError, match="size"):
        again.start_with(start[:50])


def test_address_is_for_the_user_alone(begin):
    journal = begin().journal
    assert journal.address() is None
    journal.note_address(Address(1234, "a-secret-of-24-letters"))
    assert journal.address() == Address(1234, "a-secret-of-24-letters")
    assert (journal.folder / "address.json").stat().st_mode & 0o077 == 0
