"""How much of a trained IndexNet is alive: channels whose values hardly change over pictures.

    python benchmarks/constant_channels.py --data-dir PACK FILE [FILE ...]

FILE is a checkpoint, or the ImageNet encoder (.npz) from which one began. Pictures are validation
compositions of the pack. A channel is constant whose standard deviation is below 0.02; those that
ReLU6 holds at 0 or at 6 are.
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
STAGES = [f"layer{level}" for level in range(1, 8)] + ["dconv_pp"]
STAGES += [f"decoder_layer{level}" for level in range(6, -1, -1)]


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


def spreads(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Standard deviation of every channel of every module's output, by the module's name."""
    found: dict[str, Tensor] = {}
    for name, module in network.named_modules():

        def note(_module: nn.Module, _inputs: object, output: object, name: str = name) -> None:
            if isinstance(output, Tensor) and output.dim() == 4:
                found[name] = output.transpose(0, 1).flatten(1).std(1)

        module.register_forward_hook(note)
    with torch.inference_mode():
        network(x)
    return found


def show(network: nn.Module, x: Tensor) -> None:
    found = spreads(network, x)
    print(f"{'stage':16s}{'spread':>9s}{'constant':>9s}{'of':>6s}   before the last 1 x 1")
    for stage in STAGES:
        outputs = found[stage]
        row = f"{stage:16s}{outputs.mean():9.2f}{(outputs < LEAST_SPREAD).sum():9d}"
        row += f"{len(outputs):6d}"
        # The widest maps of the stage's last inverted residual: after its depthwise convolution.
        wide = [name for name in found if name.startswith(f"{stage}.") and name.endswith("conv.5")]
        if wide:
            inside = found[wide[-1]]
            row += f"{(inside < LEAST_SPREAD).sum():9d} of {len(inside)}"
        print(row)


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
