"""How much of a trained IndexNet is alive: channels whose values hardly change over pictures.

    python benchmarks/constant_channels.py --data-dir PACK FILE [FILE ...]

FILE is a checkpoint, or the ImageNet encoder (.npz) from which one began. Pictures are validation
compositions of the pack. Counted are all channels behind a ReLU6; one is constant whose standard
deviation is below 0.02, as are those that it holds at 0 or at 6. The offset of what a part gives
is how far its means lie from zero, which is what the next convolution reads beyond the border.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from indexnet_cli.checkpoints.reading import load_into, read_state_dict
from indexnet_cli.datasets.open_compositions import OpenCompositions
from indexnet_cli.datasets.pack import Pack
from indexnet_cli.models.registry import DEFAULT_MODEL, build_network, resolve_model
from indexnet_cli.training.feed import Feed
from indexnet_cli.training.initialisation import (
    calibrate,
    initialise,
    load_folded_encoder,
    read_folded_encoder,
)

KINDS = ["glass_veil", "pack_fg", "smoke", "hair"]
LEAST_SPREAD = 0.02


def network_of(path: Path, x: Tensor) -> nn.Module:
    spec = resolve_model(DEFAULT_MODEL)
    network = build_network(spec)
    if path.suffix == ".npz":
        initialise(network)
        load_folded_encoder(network, read_folded_encoder(path), spec.mean, spec.std)
        calibrate(network, [x], fresh_encoder=False)
    else:
        load_into(network, read_state_dict(path), path.name)
    return network.eval()


def moments(network: nn.Module, x: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and standard deviation of each channel of every module's output, by its name."""
    found: dict[str, tuple[Tensor, Tensor]] = {}
    for name, module in network.named_modules():

        def note(_module: nn.Module, _inputs: object, output: object, name: str = name) -> None:
            if isinstance(output, Tensor) and output.dim() == 4:
                values = output.transpose(0, 1).flatten(1)
                found[name] = values.mean(1), values.std(1)

        module.register_forward_hook(note)
    with torch.inference_mode():
        network(x)
    return found


def show(network: nn.Module, x: Tensor) -> None:
    found = moments(network, x)
    print(f"{'part':16s}{'offset, spread of outputs':>26s}{'constant behind ReLU6':>26s}")
    for part, module in network.named_children():
        # An index block gives two maps of cells, whose spread says little.
        outputs = ""
        if part in found:
            mean, spread = found[part]
            outputs = f"{mean.abs().mean():.2f}, {spread.mean():.2f}"
        inside = [
            found[f"{part}.{name}"][1]
            for name, layer in module.named_modules()
            if isinstance(layer, nn.ReLU6)
        ]
        channels = torch.cat(inside)
        constant = int((channels < LEAST_SPREAD).sum())
        print(f"{part:16s}{outputs:>26s}{f'{constant} of {len(channels)}':>26s}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    options = parser.parse_args()
    pack = Pack(options.data_dir)
    compositions = OpenCompositions(pack, 3, options.side, split="validation", kinds=KINDS)
    samples = [compositions[number] for number in range(options.pictures)]
    image = np.stack([sample.image for sample in samples]).astype(np.float32)
    trimap = np.stack([sample.trimap for sample in samples]).astype(np.float32) / 255
    batch = {
        "image": torch.from_numpy(image).permute(0, 3, 1, 2),
        "trimap": torch.from_numpy(trimap)[:, None],
    }
    x = Feed(resolve_model(DEFAULT_MODEL), torch.device("cpu"))(batch)
    for path in options.files:
        print(f"\n{path.name}")
        show(network_of(path, x), x)


if __name__ == "__main__":
    main()
