"""Deep Matting: VGG-16 with batch norm, and a decoder that unpools without skip connections."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn
from torch.nn import functional as F

from indexnet_cli.models.folding import conv_norm, convolution, folded_weights
from indexnet_cli.models.vgg16 import (
    LEVELS,
    WIDTH,
    BakedLevels,
    encoder_channels,
    encoder_layers,
    level_names,
    pool,
    unpool,
)

NUMBER = "{level}{number}"


class DeepMatting(BakedLevels):
    """The encoder-decoder stage of Deep Image Matting as the IndexNet authors trained it.

    Input N x 4 x H x W: RGB normalised by the ImageNet statistics, and trimap / 255; H and W
    multiples of 32. Output N x 1 x H x W: alpha before clipping to [0, 1].
    Keys as in ``deep_matting.pth.tar`` of poppinace/indexnet_matting.
    """

    folded = False

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        for name, conv in encoder_layers(NUMBER, width).items():
            self.add_module(f"conv{name}", conv)
            self.add_module(f"bn{name}", nn.BatchNorm2d(conv.out_channels))
        channels = encoder_channels(width)
        self.conv6 = nn.Conv2d(channels[-1], 64 * width, 7, padding=3)
        self.dconv6 = nn.Conv2d(64 * width, channels[-1], 1)
        for level in reversed(LEVELS):
            out_channels = channels[max(level - 2, 0)]
            conv = nn.Conv2d(channels[level - 1], out_channels, 5, padding=2)
            self.add_module(f"dconv{level}", conv)
        self.alpha_pred = nn.Conv2d(width, 1, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        positions: dict[int, Tensor] = {}
        for level in LEVELS:
            x = self._features(level, x)
            x, positions[level] = pool(x)
        x = F.relu_(self.dconv6(F.relu_(self.conv6(x))))
        for level in reversed(LEVELS):
            x = F.relu_(self.get_submodule(f"dconv{level}")(unpool(x, positions[level])))
        alpha: Tensor = self.alpha_pred(x)
        return alpha

    def _level(self, level: int, x: Tensor) -> Tensor:
        for name in level_names(NUMBER, level):
            x = self._encode(x, name)
        return x

    def _take(self, level: int) -> Iterator[nn.Conv2d]:
        for name in level_names(NUMBER, level):
            conv, norm = self._modules.pop(f"conv{name}"), self._modules.pop(f"bn{name}")
            assert isinstance(conv, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            yield convolution(conv, *folded_weights(conv, norm), conv.groups)

    def _encode(self, x: Tensor, name: str) -> Tensor:
        conv, norm = self.get_submodule(f"conv{name}"), self.get_submodule(f"bn{name}")
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        return F.relu_(conv_norm(x, conv, norm) if self.folded else norm(conv(x)))
