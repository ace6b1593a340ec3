"""ViTMatte (Yao et al., 2023) by the network of the transformers library: a plug-in."""
