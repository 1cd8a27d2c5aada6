"""What a strategy reads of the detectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from workbench.engine.insight import Confluence, PatternReading, StructureReading
from workbench.engine.view import View


class Looking:
    """The part of a strategy that looks at patterns, structure and confluence.

    All of it is for `next`: what is known at the close of the present candle.

    Attributes
    ----------
    confluence_weights
        Of the terms of `confluence`, by name; None for the default ones.
    """

    confluence_weights: ClassVar[Mapping[str, float] | None] = None
    _view: View

    @property
    def structure(self) -> StructureReading:
        """Market structure of the timeframe stepped on; ``self.on("4H").structure`` of others."""
        return self._view.structure

    @property
    def patterns(self) -> PatternReading:
        """Candlestick patterns of the timeframe stepped on; those of others by `on`."""
        return self._view.patterns

    @property
    def confluence(self) -> Confluence:
        """How much speaks for one side at the close of the present candle, and what does."""
        return self._view.insight.confluence(self.confluence_weights)
