"""The staged forward pass gives the whole picture's values, whatever the regions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from indexnet_cli.engine.regions import Region
from indexnet_cli.engine.spans import Span
from indexnet_cli.engine.staged_forward import (
    StagedForward,
    cut_into_spans,
    looked_at,
    targets,
)
from indexnet_cli.models.folding import bake
from indexnet_cli.models.indexnet import IndexNet, IndexNetConfig, build_indexnet
from tests.golden.reading import keys_of, seeded_tensors

CPU = torch.device("cpu")
