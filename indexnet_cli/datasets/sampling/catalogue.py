"""Every sampling by its name."""

from __future__ import annotations

from indexnet_cli.datasets.sampling.aimnet import (
    BAGS,
    OTHER_BAGS,
    sample_matting,
    sample_transfer,
)
from indexnet_cli.datasets.sampling.chainer import sample_chainer
from indexnet_cli.datasets.sampling.dim import sample_dim
from indexnet_cli.datasets.sampling.indexnet import sample_indexnet
from indexnet_cli.datasets.sampling.mmagic import sample_dimaug, sample_mmagic
from indexnet_cli.datasets.sampling.open_scenes import sample_open
from indexnet_cli.datasets.sampling.scene_samples import Sampling

COMPOSITION_BAGS = 100

SAMPLINGS = {
    "open": Sampling(sample_open, crop=192, other_bags=COMPOSITION_BAGS),
    "indexnet": Sampling(sample_indexnet, other_bags=COMPOSITION_BAGS),
    "indexnet-mmagic": Sampling(sample_mmagic, other_bags=COMPOSITION_BAGS),
    "indexnet-mmagic-dimaug": Sampling(sample_dimaug, other_bags=COMPOSITION_BAGS),
    "deep-matting": Sampling(sample_indexnet, other_bags=COMPOSITION_BAGS),
    "dim": Sampling(sample_dim, other_bags=COMPOSITION_BAGS),
    "aimnet-transfer": Sampling(sample_transfer),
    "aimnet-matting": Sampling(sample_matting, other_bags=OTHER_BAGS, bags=BAGS),
    "dim-chainer": Sampling(sample_chainer, cycles=True),
}
