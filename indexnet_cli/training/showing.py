"""Mattes of fixed pictures while a network learns: a sheet of examples, a film of one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from indexnet_cli.datasets.sample import Sample
from indexnet_cli.engine.matter import Matter
from indexnet_cli.imaging.placing import make_folder, place_file
from indexnet_cli.imaging.writing import write_rgba

TILE = 192  # pixels of a picture's longer side on a sheet
FILM_SIDE = 320
CAPTION = 16
FRAME_MILLISECONDS = 400
LAST_FRAME_MILLISECONDS = 2000

Picture = NDArray[np.uint8]


def matte_sample(matter: Matter, sample: Sample) -> NDArray[np.float32]:
    """The alpha of a sample, with its trimap where the model takes one."""
    return matter.matte(sample.image, sample.trimap if matter.spec.needs_trimap else None)


def example_sheet(matter: Matter, samples: Sequence[Sample]) -> Picture:
    """A row for each sample: image, trimap, truth, matte; HxWx3 uint8."""
    rows = []
    for sample in samples:
        planes = (sample.image, sample.trimap, sample.alpha, matte_sample(matter, sample))
        rows.append(np.hstack([_tile(_shown(plane), TILE) for plane in planes]))
    return np.vstack(rows)


class Film:
    """One picture and its matte, a frame a snapshot, as an animated GIF at ``path``.

    The frames lie in ``folder``, so that an interrupted run goes on with its film; those after
    ``step`` are taken out.
    """

    def __init__(self, path: Path, folder: Path, sample: Sample, step: int) -> None:
        self.path, self.folder, self.sample = path, folder, sample
        for frame in folder.glob("*.png"):
            if int(frame.stem) > step:
                frame.unlink()

    def add(self, matter: Matter, step: int) -> None:
        """A frame for the weights after ``step``; writes the film anew."""
        planes = (self.sample.image, matte_sample(matter, self.sample), self.sample.alpha)
        frame = np.hstack([_tile(_shown(plane), FILM_SIDE) for plane in planes])
        make_folder(self.folder)
        captioned = _captioned(frame, f"picture, matte after {step} steps, truth")
        write_rgba(np.asarray(captioned), self.folder / f"{step:08d}.png", overwrite=True)
        frames = [Image.open(name).convert("P") for name in sorted(self.folder.glob("*.png"))]
        times = [FRAME_MILLISECONDS] * (len(frames) - 1) + [LAST_FRAME_MILLISECONDS]
        film = io.BytesIO()
        frames[0].save(film, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
        place_file(film.getvalue(), self.path, overwrite=True)


def _shown(plane: NDArray[Any]) -> Picture:
    """Colours or greys as HxWx3 uint8."""
    if plane.dtype != np.uint8:
        plane = np.rint(np.clip(plane, 0, 1) * 255).astype(np.uint8)
    return plane if plane.ndim == 3 else np.repeat(plane[..., None], 3, axis=2)


def _tile(picture: Picture, side: int) -> Picture:
    """Scaled to fit into a square of ``side``, on grey."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tile = np.full((side, side, 3), 96, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def _captioned(frame: Picture, text: str) -> Image.Image:
    height, width = frame.shape[:2]
    picture = Image.new("RGB", (width, height + CAPTION), "white")
    picture.paste(Image.fromarray(frame), (0, 0))
    ImageDraw.Draw(picture).text((4, height + 2), text, fill="black")
    return picture
