"""The widths of ``indexnet.open-small``: the released network, narrower where it can be.

Most of the released network's parameters lie where the resolution is lowest, and what trained
weights do there a part of the channels can do. The first index block and the last decoder layer,
which have few, take three fifths of the multiplications.
"""

from __future__ import annotations

from indexnet_cli.models.indexnet.config import Widths

SMALL = Widths(
    blocks={5: (320, 448, 416), 6: (480, 480, 320), 7: (128,)},
    index={0: 8, 6: 8},
    aspp=(128, 128, 96, 64, 16),
    decoder={6: 24, 0: 16},
)
