"""The real prices that come with the workbench."""

from __future__ import annotations

import functools
from pathlib import Path

from workbench.data.candles import Candles
from workbench.data.store import CandleStore

STORE = CandleStore(Path(__file__).parent / "files")

# Named here so that listing the samples needs no file.
SAMPLES: dict[str, str] = {"EUR-USD": "1H", "GOOGL": "1D"}
SPANS: dict[str, tuple[int, int]] = {
    "EUR-USD": (1_483_308_000_000, 1_514_584_800_000),
    "GOOGL": (1_242_950_400_000, 1_535_587_200_000),
}
"""Open of the first candle and end of the last, epoch ms, UTC."""
SOURCES: dict[str, str] = {
    "EUR-USD": "bundled sample: EURUSD ask, 1H, 2017 (gym-anytrading, MIT)",
    "GOOGL": "bundled sample: GOOGL, 1D, 2009-05 to 2018-08 (gym-anytrading, MIT)",
}


@functools.cache
def load_sample(symbol: str) -> Candles:
    """Return the bundled candles of ``EUR-USD`` or ``GOOGL``; KeyError for another symbol."""
    from workbench.timeframes import Timeframe

    return STORE.load(symbol, Timeframe.parse(SAMPLES[symbol]))
