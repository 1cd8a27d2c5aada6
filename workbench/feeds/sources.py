"""Which source serves a feed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.data.aggregate import ordered
from workbench.feeds.source import Source
from workbench.feeds.spec import FeedSpec
from workbench.paths import candles_dir


def source_for(spec: FeedSpec, home: Path, closed: Mapping[str, int] | None = None) -> Source:
    """Make the source of a feed.

    Parameters
    ----------
    spec
        The feed.
    home
        The state folder.
    closed
        Of a feed that goes on: open time (epoch ms) of the last closed candle, by timeframe.

    Raises
    ------
    InvalidRequest
        Or one of its kinds: the symbol is unknown, or the feed cannot be as it is asked for.
    DataError
        There are no such candles, or no such file.
    """
    after = (closed or {}).get(ordered(spec.timeframes)[-1].name)
    if spec.feed == "exchange":
        from workbench.feeds.exchange import ExchangeSource

        return ExchangeSource(spec, after=after)
    if spec.feed == "synthetic":
        from workbench.feeds.synthetic import SyntheticSource

        return SyntheticSource(spec, candles_dir(home), after=after)
    if spec.path is not None:
        from workbench.feeds.recorded import RecordedSource

        return RecordedSource(spec, home, upto=0 if after is None else after)
    from workbench.feeds.replay import ReplaySource

    return ReplaySource(spec, candles_dir(home), after=after)
