"""An editor around a small picture and a seeded network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from indexnet_cli.editor.journal import EditJournal
from indexnet_cli.editor.running import serving
from indexnet_cli.editor.saving import Saving
from indexnet_cli.editor.server import EditorServer
from indexnet_cli.editor.session import Session
from indexnet_cli.engine.matter import Matter
from indexnet_cli.imaging.products import ProductStyle
from indexnet_cli.imaging.reading import read_image
from indexnet_cli.imaging.trimap_style import TrimapStyle
from indexnet_cli.models.registry import DEFAULT_MODEL, resolve_model

WIDTH, HEIGHT = 192, 128
KINDS = ("alpha", "trimap", "cutout")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A bright disc on dark noise."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.random.default_rng(5).integers(0, 60, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[np.hypot(rows - 64, columns - 96) < 36] += np.array([150, 120, 40], np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def matter(seeded_network: nn.Module) -> Matter:
    return Matter.from_network(seeded_network, resolve_model(DEFAULT_MODEL))


@contextmanager
def opened(photo: Path, matter: Matter) -> Iterator[tuple[EditorServer, Session]]:
    outputs = {kind: photo.with_name(f"photo_{kind}.png") for kind in KINDS}
    journal = EditJournal(photo)
    session = Session(read_image(photo), journal)
    saving = Saving(outputs, ProductStyle(kinds=KINDS))
    try:
        with serving(session, matter, matter, saving, photo.name, TrimapStyle()) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            yield server, session
            server.shutdown()
            thread.join()
    finally:
        journal.close()


@pytest.fixture
def editor(photo: Path, matter: Matter) -> Iterator[tuple[EditorServer, Session]]:
    with opened(photo, matter) as both:
        yield both
