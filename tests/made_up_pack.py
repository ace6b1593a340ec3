"""A tiny pack of made-up pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from indexnet_cli.datasets.pack import Pack


def _disc(size: int) -> np.ndarray:
    alpha = np.zeros((size, size), np.uint8)
    cv2.circle(alpha, (size // 2, size // 2), size // 3, 255, -1, cv2.LINE_AA)
    return cv2.GaussianBlur(alpha, (0, 0), 3)


@pytest.fixture(scope="session")
def pack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pack")
    rng = np.random.default_rng(0)
    lines = ["file,kind"]
    for folder, suffix in (("fg", "webp"), ("bg", "png"), ("alpha", "png"), ("rendered", "webp")):
        (root / folder).mkdir()
        for number in range(30):
            grid = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
            picture = cv2.resize(grid, (96, 72), interpolation=cv2.INTER_CUBIC)
            if folder in ("fg", "rendered"):
                picture = np.dstack([picture, cv2.resize(_disc(72), (96, 72))])
            elif folder == "alpha":
                picture = _disc(80)
            name = f"{folder}/{folder}{number:02}.{suffix}"
            assert cv2.imwrite(str(root / name), picture)
            lines.append(f"{name},{folder}")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture(scope="session")
def pack(pack_folder: Path) -> Pack:
    return Pack(pack_folder)
