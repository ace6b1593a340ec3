"""Scores that others published for the sets known here."""

from __future__ import annotations

from dataclasses import dataclass

from indexnet_cli.metrics.flavours import FlavourName, Region


@dataclass(frozen=True)
class PublishedScore:
    """One row of a published table, in its units; ``flavour`` is None where it does not say."""

    method: str
    source: str
    flavour: FlavourName | None
    region: Region
    sad: float
    mse: float | None = None
    grad: float | None = None
    conn: float | None = None
    mad: float | None = None


@dataclass(frozen=True)
class PublishedTable:
    """What is published for a set, and how many images a result needs to stand beside it."""

    images: int
    rows: tuple[PublishedScore, ...]


def _composition(
    method: str, source: str, flavour: FlavourName | None, *errors: float
) -> PublishedScore:
    sad, mse, grad, conn = errors
    return PublishedScore(method, source, flavour, "unknown", sad, mse, grad, conn)


_INDEXNET = "README of github.com/poppinace/indexnet_matting"
_PAPER = "Lu et al., ICCV 2019, table of Composition-1k"
_MMAGIC = "model zoo of github.com/open-mmlab/mmagic"
_DIM = "README of github.com/huochaitiantang/pytorch-deep-image-matting"
_VITMATTE = "Yao et al., ViTMatte, 2023"
_AIM = "github.com/JizhiziLi/AIM"


def _aim(method: str, *errors: float) -> PublishedScore:
    sad, mse, mad, conn, grad = errors
    return PublishedScore(method, _AIM, "aim", "whole", sad, mse, grad, conn, mad)


PUBLISHED: dict[str, PublishedTable] = {
    "Composition-1k": PublishedTable(
        1000,
        (
            _composition(
                "Deep Matting (as in the IndexNet paper)", _PAPER, "matlab", 54.6, 0.017, 36.7, 55.3
            ),
            _composition(
                "Deep Image Matting, stage 1 with skips",
                _DIM,
                "matlab",
                52.99,
                0.0171,
                31.56,
                53.24,
            ),
            _composition(
                "Deep Image Matting, stage 3", _MMAGIC, "openmmlab", 50.6, 0.015, 29.0, 50.7
            ),
            _composition("IndexNet Matting", _INDEXNET, "matlab", 45.8, 0.013, 25.9, 43.7),
            _composition(
                "IndexNet Matting, retrained", _MMAGIC, "openmmlab", 45.6, 0.012, 25.5, 44.8
            ),
            _composition("GCA Matting", _MMAGIC, "openmmlab", 33.38, 0.0081, 14.96, 30.59),
            _composition("ViTMatte-S", _VITMATTE, None, 21.46, 0.0033, 7.24, 16.21),
            _composition("ViTMatte-B", _VITMATTE, None, 20.33, 0.0030, 6.74, 14.78),
        ),
    ),
    "AIM-500": PublishedTable(
        500,
        (
            _aim("AimNet, paper (1/3 & 1/4)", 43.92, 0.0161, 0.0262, 43.18, 33.05),
            _aim("AimNet, update (1/3 & 1/4)", 41.72, 0.0153, 0.0248, 41.23, 33.97),
            _aim("AimNet, update (1/2 & 1/4)", 44.25, 0.0165, 0.0263, 43.78, 34.66),
            PublishedScore("AimNet, paper (1/3 & 1/4)", _AIM, "aim", "unknown", 30.74),
            PublishedScore("AimNet, update (1/3 & 1/4)", _AIM, "aim", "unknown", 28.47),
            PublishedScore("AimNet, update (1/2 & 1/4)", _AIM, "aim", "unknown", 28.89),
        ),
    ),
}
