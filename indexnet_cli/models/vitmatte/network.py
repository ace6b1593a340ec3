"""The network of the transformers library, with tensors in and tensors out."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from transformers import VitDetConfig, VitMatteConfig, VitMatteForImageMatting

LAYERS = 12
GLOBAL_LAYERS = (2, 5, 8, 11)  # attend to the whole picture; the others to windows of 14 x 14


class VitMatte(VitMatteForImageMatting):
    """A plain vision transformer and a convolutional decoder of details (Yao et al., 2023).

    Input N x 4 x H x W: RGB in [-1, 1], and trimap / 255; H and W multiples of 32. Output
    N x 1 x H x W: alpha in [0, 1]. Keys: those of the files on Hugging Face.
    """

    def forward(self, x: Tensor) -> Tensor:
        alpha: Tensor = super().forward(pixel_values=x, return_dict=True).alphas
        return alpha


def build_vitmatte(
    hidden_size: int,
    heads: int,
    layers: int = LAYERS,
    global_layers: Sequence[int] = GLOBAL_LAYERS,
    details: Sequence[int] = (48, 96, 192),
    fusion: Sequence[int] = (256, 128, 64, 32),
) -> VitMatte:
    """ViTMatte with fresh weights; small has 384 hidden channels and 6 heads, base 768 and 12.

    ``global_layers`` attend to the whole picture and end in a convolution. ``details`` and
    ``fusion``: channels of the convolutions beside the transformer and of the decoder.
    """
    backbone = VitDetConfig(
        num_channels=4,
        image_size=512,
        pretrain_image_size=224,
        patch_size=16,
        hidden_size=hidden_size,
        num_attention_heads=heads,
        num_hidden_layers=layers,
        use_absolute_position_embeddings=True,
        use_relative_position_embeddings=True,
        window_size=14,
        window_block_indices=[layer for layer in range(layers) if layer not in global_layers],
        residual_block_indices=list(global_layers),
        out_features=[f"stage{layers}"],
    )
    return VitMatte(
        VitMatteConfig(
            backbone_config=backbone,
            hidden_size=hidden_size,
            convstream_hidden_sizes=list(details),
            fusion_hidden_sizes=list(fusion),
        )
    )
