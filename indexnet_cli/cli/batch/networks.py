"""The networks of a batch: fetched before the start, built when the first picture needs them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from indexnet_cli.cli.finish import Finish
from indexnet_cli.cli.heavy_imports import heavy_imports
from indexnet_cli.cli.weights.pulling import pull_if_missing
from indexnet_cli.engine.strategies import DEFAULT_STRATEGY
from indexnet_cli.models.registry import DEFAULT_MODEL, ModelSpec, resolve_model

if TYPE_CHECKING:
    from indexnet_cli.batch.pairing import Guide
    from indexnet_cli.cli.auto import Auto
    from indexnet_cli.cli.output import Output
    from indexnet_cli.engine.alignment import Align
    from indexnet_cli.engine.matter import Matter
    from indexnet_cli.imaging.products import ProductStyle
    from indexnet_cli.imaging.trimap_style import TrimapStyle


@dataclass(frozen=True)
class Networks:
    """Which network mattes, and another that refines where ``auto`` wants it; how they compute.

    Under torchrun every process on a machine takes a CUDA device of its own.
    """

    auto: Auto | None
    model: str | None
    weights: str | None
    device: str
    precision: str
    align: Align
    views: int | None
    finish: Finish
    memory: int | None

    @property
    def spec(self) -> ModelSpec:
        """The one that mattes."""
        return self.auto.model if self.auto else resolve_model(self.model or DEFAULT_MODEL)

    @property
    def second(self) -> ModelSpec | None:
        """The one that refines."""
        return self.auto.refine_with if self.auto else None

    def fetch(self, out: Output) -> None:
        """Fetch the checkpoints that are not here. Raises CheckpointError."""
        # --auto alone does not agree to the terms of its weights.
        if self.auto is None or self.auto.named or self.weights is not None:
            pull_if_missing(self.spec.name, self.weights, out)
        if self.second is not None:
            pull_if_missing(self.second.name, None, out)

    def digest(self, style: ProductStyle, guide: Guide, trimap_style: TrimapStyle) -> str:
        """Stands for all that makes the same picture another result: checkpoints and options.

        Raises CheckpointError for a checkpoint that is not here.
        """
        from indexnet_cli.batch.journal import digest_file, digest_text
        from indexnet_cli.checkpoints.locating import find_checkpoint

        checkpoint = find_checkpoint(self.spec.name, self.weights)
        behind = style.background.path if style.background is not None else None
        parts = [
            self.spec.name,
            digest_file(checkpoint.path),
            repr(style),
            "" if behind is None else digest_file(behind),
            repr((guide, trimap_style if guide == "mask" else None, self.precision, self.align)),
        ]
        if self.auto is not None:
            name = self.second and self.second.name
            refining = name and digest_file(find_checkpoint(name).path)
            parts += [self.auto.strategy, repr((name, refining))]
        if self.views is not None:
            parts.append(f"views {self.views}")
        if self.finish != Finish():
            parts.append(repr(self.finish))
        return digest_text(*parts)

    def matter(self) -> Matter:
        """Build the network that mattes."""
        return self._build(self.spec, self.weights, Finish() if self.second else self.finish)

    def refiner(self) -> Matter:
        """Build the network that refines."""
        assert self.second is not None
        return self._build(self.second, None, self.finish)

    def _build(self, spec: ModelSpec, weights: str | None, finish: Finish) -> Matter:
        with heavy_imports():
            from indexnet_cli.engine.matter import Matter
            from indexnet_cli.engine.ranks import local_device

        return Matter(
            spec.name,
            weights,
            device=local_device(self.device),
            precision=self.precision,
            align=self.align,
            views=self.views,
            **asdict(finish),
            memory=self.memory,
            strategy=self.auto.strategy if self.auto else DEFAULT_STRATEGY,
        )
