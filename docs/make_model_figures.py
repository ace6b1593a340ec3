"""Draws docs/models/images: the networks as they are built here, and the indices of an example.

    python docs/make_model_figures.py

A network's figure is made from the sizes that its layers give for a picture of 512 x 512, on
torch's meta device: no weights are needed. ViTMatte's needs the extra vitmatte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

from indexnet_cli.checkpoints.locating import find_checkpoint
from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.engine.matter import Matter
from indexnet_cli.engine.normalisation import network_input
from indexnet_cli.models.indexnet.index_blocks import index_map
from indexnet_cli.models.registry import ModelSpec, build_network, resolve_model
from indexnet_cli.models.vitmatte.specs import SMALL

DOCS = Path(__file__).parent
FOLDER = DOCS / "models" / "images"
EXAMPLE = DOCS.parent / "examples"
SIDE = 512
LAYERS = {  # which of a network's parts are drawn
    "indexnet": r"layer\d|dconv_pp|decoder_layer\d|pred",
    "deepmatting": r"conv\d+|dconv\d|alpha_pred",
    "dim": r"(de)?conv\d(_\d)?",
    "dim-chainer": r"conv._\d|convv",
    "aimnet": r"resnet\.(conv1|layer\d)|psp_module|decoder\d_g|bridge_block|decoder\w+_l|"
    r"decoder_final_g",
    "vitmatte": r"backbone\.embeddings|backbone\.encoder\.layer\.\d+|"
    r"decoder\.convstream\.convs\.\d|decoder\.fusion_blocks\.\d|decoder\.matting_head",
}
COLOURS = {1: "#b8d4ee", 2: "#9cc3e6", 4: "#7fb0dc", 8: "#639dd0", 16: "#4a88bf", 32: "#33709f"}
SCALE = 2  # drawn larger, for smooth edges


@dataclass(frozen=True)
class Box:
    """A part of a network: what it is called, how many channels it gives, at which stride."""

    name: str
    channels: int
    stride: int


def boxes_of(spec: ModelSpec, pattern: str) -> list[Box]:
    """What the parts of the network give, in the order in which they are computed."""
    with torch.device("meta"):
        network = build_network(spec).eval()
        x = torch.empty(1, spec.input_channels, SIDE, SIDE)
    found: list[Box] = []

    def hook(name: str) -> object:
        def record(_module: nn.Module, _inputs: object, output: object) -> None:
            first = output[0] if isinstance(output, tuple) else output
            assert isinstance(first, Tensor)
            found.append(Box(name, first.shape[1], SIDE // first.shape[-1]))

        return record

    for name, module in network.named_modules():
        if re.fullmatch(pattern, name):
            module.register_forward_hook(hook(name))  # type: ignore[arg-type]
    with torch.no_grad():
        network(x)
    return found


def draw(boxes: list[Box]) -> Image.Image:
    """A box for each part: as high as its resolution, as wide as its channels."""
    widths = [6 + round(1.1 * box.channels**0.5) for box in boxes]
    size = (sum(widths) + 6 * len(boxes) + 24, 230)
    picture = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(9 * SCALE)
    left = 15
    for box, width in zip(boxes, widths, strict=True):
        half = round(80 / box.stride**0.45)
        corners = (left, 105 - half, left + width, 105 + half)
        pen.rectangle([SCALE * c for c in corners], fill=COLOURS[box.stride], outline="#1f4a6e")
        middle = SCALE * (left + width / 2)
        pen.text((middle, SCALE * 12), f"1/{box.stride}", "#555555", font, "mm")
        label = Image.new("L", (40 * SCALE, 11 * SCALE), 255)
        ImageDraw.Draw(label).text((0, 0), str(box.channels), 0, font)
        turned = label.rotate(90, expand=True)
        picture.paste(turned, (round(middle - 5.5 * SCALE), SCALE * 188))
        left += width + 6
    return picture.resize(size, Image.Resampling.LANCZOS)


def draw_indices() -> Image.Image:
    """Photograph, trimap, encoder and decoder index at full resolution, matte; one patch."""
    top, left, side = 120, 330, 192
    window = np.s_[top : top + side, left : left + side]
    image = np.asarray(Image.open(EXAMPLE / "fluff.jpg").convert("RGB"))[window]
    trimap = np.asarray(Image.open(EXAMPLE / "fluff_trimap.png"))[window]
    matter = Matter("indexnet.open")
    network = build_network(matter.spec)
    load_into(network, read_state_dict(find_checkpoint("indexnet.open").path), "indexnet.open")
    kept: list[tuple[Tensor, Tensor]] = []
    network.eval().get_submodule("index0").register_forward_hook(
        lambda _module, _inputs, output: kept.append(output)
    )
    x = torch.from_numpy(network_input(image, trimap, matter.spec)).permute(2, 0, 1)[None]
    with torch.no_grad():
        network(x)
    planes = [grey(index_map(index)[0].mean(0).numpy()) for index in kept[0]]
    alpha = np.uint8(matter.matte(image, trimap) * 255 + 0.5)
    panels = [image, *(np.dstack([plane] * 3) for plane in (trimap, *planes, alpha))]
    gap = np.full((side, 6, 3), 255, np.uint8)
    return Image.fromarray(np.hstack([p for panel in panels for p in (panel, gap)][:-1]))


def grey(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The plane stretched to all greys."""
    low, high = np.percentile(plane, (1, 99))
    return np.uint8(np.clip((plane - low) / (high - low), 0, 1) * 255)


def main() -> None:
    """Draw all figures."""
    FOLDER.mkdir(exist_ok=True)
    specs = {
        "indexnet": resolve_model("indexnet"),
        "deepmatting": resolve_model("deepmatting"),
        "dim": resolve_model("dim"),
        "dim-chainer": resolve_model("dim.chainer"),
        "aimnet": resolve_model("aimnet"),
        "vitmatte": SMALL,
    }
    for name, spec in specs.items():
        boxes = boxes_of(spec, LAYERS[name])
        picture = draw(boxes).quantize(32)
        picture.save(FOLDER / f"{name}.png", optimize=True)
    draw_indices().save(FOLDER / "indices.webp", quality=80)


if __name__ == "__main__":
    main()
