"""One candle as plain numbers: made in `data`, looked at here."""

from __future__ import annotations

from workbench.data.bars import Bar, bars_of

__all__ = ["Bar", "bars_of"]
