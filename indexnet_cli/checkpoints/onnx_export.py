"""IndexNet as an ONNX file, for programs without torch."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from importlib.util import find_spec

import torch
from torch import Tensor, nn
from torch.export import Dim

from indexnet_cli.errors import UsageError
from indexnet_cli.models.folding import ConvReLU6, bake, convolution
from indexnet_cli.models.registry import ModelSpec

INPUT, OUTPUT = "input", "alpha"
OPSET = 18
PACKAGES = ("onnx", "onnxscript")
EXPORTER_LOG = "torch.onnx._internal.exporter"


def check_exportable(spec: ModelSpec) -> None:
    """Raise ``UsageError`` if ``spec`` has no ONNX form, or what writes it is not installed."""
    if spec.architecture != "indexnet":
        raise UsageError(f"{spec.name} has no ONNX form", "the models indexnet.* have")
    for package in PACKAGES:
        if find_spec(package) is None:
            raise UsageError(
                f"writing ONNX needs the package {package}, which is not installed",
                'pip install "indexnet[onnx]"',
            )


def to_onnx(network: nn.Module, spec: ModelSpec, about: Mapping[str, str]) -> bytes:
    """The file for ``network``, which is changed for it and of no other use afterwards.

    Input ``input``, N x 4 x H x W float32, output ``alpha``, N x 1 x H x W before clipping; N
    free, H and W any multiples of the stride. What the input must be is in the metadata, with
    ``about``. Batch norm goes into the convolutions; processor-specific operators do not exist.
    """
    side = spec.stride
    sizes = {0: Dim("batch"), 2: side * Dim("rows"), 3: side * Dim("columns")}
    example = torch.zeros(2, spec.input_channels, 2 * side, 3 * side)
    model = _traced(_with_clips(bake(network)), example, sizes)
    _forget_origins(model)
    for key, value in {**_description(spec), **about}.items():
        model.metadata_props.add(key=key, value=value)
    return bytes(model.SerializeToString())


class _ConvClip(nn.Module):
    """``ConvReLU6`` in ONNX's terms: a convolution and ``Clip``.

    The exporter makes ``Clip`` of a ReLU6 as well, but takes it apart for that, with sizes that
    have no values yet, into steps that cost half of the time of the whole export.
    """

    low: Tensor
    high: Tensor

    def __init__(self, layer: ConvReLU6) -> None:
        super().__init__()
        self.conv = convolution(layer, layer.weight, layer.bias, layer.groups)
        self.register_buffer("low", torch.tensor(0.0))
        self.register_buffer("high", torch.tensor(6.0))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        inputs = (y, self.low, self.high)
        clipped: Tensor = torch.onnx.ops.symbolic("Clip", inputs, dtype=y.dtype, shape=y.shape)
        return clipped


def _with_clips(network: nn.Module) -> nn.Module:
    for module in list(network.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, ConvReLU6):
                module.add_module(name, _ConvClip(layer))
    return network


def _traced(network: nn.Module, example: Tensor, sizes: Mapping[int, object]):  # type: ignore[no-untyped-def]
    log = logging.getLogger(EXPORTER_LOG)
    level = log.level
    log.setLevel(logging.ERROR)  # it warns of optional packages that this network does not use
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (example,),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=(sizes,),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
    finally:
        log.setLevel(level)
    assert program is not None
    return program.model_proto


def _forget_origins(model) -> None:  # type: ignore[no-untyped-def]
    """Take out what the exporter notes of each step: source files and lines of this machine."""
    graph = model.graph
    for noted in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del noted.metadata_props[:]
        noted.doc_string = ""


def _description(spec: ModelSpec) -> dict[str, str]:
    return {
        "model": spec.name,
        "input": f"{INPUT}: batch x 4 x height x width float32; red, green, blue as value / 255, "
        "less mean, over std; then trimap / 255 (background 0, unknown 128, foreground 255)",
        "output": f"{OUTPUT}: batch x 1 x height x width float32; clip it to [0, 1], and set known "
        "pixels to the trimap's",
        "mean": json.dumps(spec.mean),
        "std": json.dumps(spec.std),
        "multiple": str(spec.stride),
    }
