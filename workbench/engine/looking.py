"""What a strategy reads of the detectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from workbench.analysis.structure.settings import StructureSettings
from workbench.engine.insight import Confluence
from workbench.engine.readings import OwnReading, PatternReading, StructureReading
from workbench.engine.view import View


class Looking:
    """The part of a strategy that looks at patterns, structure and confluence.

    All of it is for `next`: what is known at the close of the present candle.

    Attributes
    ----------
    confluence_weights
        Of the terms of `confluence`, by name; None for the default ones.
    structure_settings
        What counts as structure, on all timeframes and in `confluence`: `StructureSettings`, or
        some of them by name; None for the default ones.
    """

    confluence_weights: ClassVar[Mapping[str, float] | None] = None
    structure_settings: ClassVar[StructureSettings | Mapping[str, Any] | None] = None
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
        view = self._view
        return view.insight.confluence(self.confluence_weights, view.structure_settings)

    def detect(self, detector: Any) -> OwnReading:
        """Let a detector of your own see the candles; return what it finds, as it is known.

        Called in `init`; ``self.on("4H").detect(…)`` for the candles of another timeframe.

        Parameters
        ----------
        detector
            A class (see `workbench.OwnDetector`), an instance, of which a copy is used, or the
            name of an entry point of group ``workbench.detectors``.

        Returns
        -------
        OwnReading
            Asked in `next`: ``found("inside", within=5, direction="bullish")``, ``new``, ``last``.

        Raises
        ------
        InvalidRequest
            It is no detector.
        RuntimeError
            `init` is over.
        """
        return self._view.detect(detector)
