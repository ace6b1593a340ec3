"""An open pack as one small file, for machines to which only little can be sent."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from indexnet_cli.datasets.pack import FOLDERS, RENDERED, SPLITS, Pack
from indexnet_cli.datasets.pack_files import MANIFEST, open_pack_files
from indexnet_cli.imaging.placing import check_place, place_file

DEFAULT_QUALITY = 75
_CREDITS = "LICENSES.md"
_WHEN = (1980, 1, 1, 0, 0, 0)  # the same pack makes the same file


def write_pack_file(
    root: Path,
    destination: Path,
    quality: int = DEFAULT_QUALITY,
    overwrite: bool = False,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Put the pack at ``root`` into a zip file that ``Pack`` reads; gives its size in bytes.

    Photographs and colours of cut-outs become WebP of ``quality`` (1 to 100), alphas WebP without
    loss; whatever that does not make smaller stays as it is. Names stay too, and with them
    manifest and samples. Raises InputError for a pack that cannot be read, UsageError and
    OutputError for a destination that cannot be written.
    """
    check_place(destination, overwrite)
    pack = Pack(root, cache_bytes=0)
    folders = [folder for folder in (*FOLDERS, RENDERED) if pack.has(folder)]
    names = sorted({n for f in folders for s in SPLITS for n in pack.names(f, s)})
    files = open_pack_files(root)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive, ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in (MANIFEST, _CREDITS):
            if files.has(name):
                info = zipfile.ZipInfo(name, _WHEN)
                archive.writestr(info, files.read(name), zipfile.ZIP_DEFLATED)
        smaller = pool.map(lambda name: _smaller(name, files.read(name), quality), names)
        for done, (name, data) in enumerate(zip(names, smaller, strict=True), 1):
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data)
            advance(done, len(names))
    place_file(written.getvalue(), destination, overwrite)
    return written.tell()


def _smaller(name: str, data: bytes, quality: int) -> bytes:
    is_alpha = name.startswith("alpha/")
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        made = io.BytesIO()
        if is_alpha:
            picture.convert("L").convert("RGB").save(made, "WEBP", lossless=True, method=4)
        else:
            # "exact": the colours of clear pixels count where cut-outs are resized.
            picture.save(made, "WEBP", quality=quality, alpha_quality=100, method=4, exact=True)
    found = made.getvalue()
    # An alpha that is 255 everywhere would be left out, and the cut-out be none.
    same_planes = is_alpha or _decoded_shape(found) == _decoded_shape(data)
    return found if len(found) < len(data) and same_planes else data


def _decoded_shape(data: bytes) -> tuple[int, ...]:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return () if decoded is None else decoded.shape
