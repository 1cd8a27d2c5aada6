"""The live view of a market, as an ipywidget."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import traitlets

from workbench.widgets.follower import StreamFollower
from workbench.widgets.market_fold import MarketFold
from workbench.widgets.market_html import describe, point_html, point_text, render_html
from workbench.widgets.source import RunSource
from workbench.widgets.stream_view import StreamView, read_bundle

SNAPSHOT_S = 10.0
"""Least time between two snapshots: each goes to the page, which keeps it for the notebook."""


class MarketView(StreamView):
    """Draws a market as it moves: growing candles, what is seen in them, and the score.

    The browser reads the stream from the Jupyter server itself, as that of a run. When neither
    server nor kernel answers, the view draws `snapshot`, which is saved with the notebook. A page
    starts no feed: it reads what is told, and `source` may have started it.

    Parameters
    ----------
    name
        Of the market's stream.
    source
        Where this side reads the stream; None: the traits stay as they are and only a page with a
        Jupyter server can draw. It belongs to the view from here on: `close` closes it.
    direct
        Let the browser read from the page's Jupyter server. False when the feed is on another one.
    title
        Shown until the stream tells its symbol.
    timeframe
        Shown first; the shortest where it is empty.
    height
        Of the charts, in CSS pixels.

    Attributes
    ----------
    timeframe : str
        The one that is shown, whoever chose it. Observable.
    status : str
        What the feed does: ``starting``, ``live``, ``reconnecting``, ``backfilling``,
        ``stopped``, ``ended`` or ``failed``; empty until told. Observable.
    price : float or None
        Close of the latest candle of the shortest timeframe. Observable.
    score : float or None
        The latest confluence, 0 to 1, and `direction` (``bullish``, ``bearish``, ``neutral``).
        Observable, at most four changes a second, as the others.
    snapshot : dict
        The market in short: see `MarketFold.snapshot`. Renewed every 10 seconds at most.

    Raises
    ------
    WorkbenchError
        The frontend has not been built.
    """

    readable: ClassVar[tuple[str, ...]] = ("", "candles")

    kind = traitlets.Unicode("market").tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)
    timeframe = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    price = traitlets.Float(None, allow_none=True).tag(sync=True)
    score = traitlets.Float(None, allow_none=True).tag(sync=True)
    direction = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        name: str,
        *,
        source: RunSource | None,
        direct: bool = True,
        title: str = "",
        timeframe: str = "",
        height: int = 560,
    ) -> None:
        self._fold = MarketFold()
        self._saved = (-SNAPSHOT_S, 0, "")
        super().__init__(
            source,
            _esm=read_bundle("widget.js"),
            _css=read_bundle("widget.css"),
            name=name,
            direct=direct,
            title=title or name,
            timeframe=timeframe,
            height=height,
        )

    def _follow(self, source: RunSource) -> StreamFollower[MarketFold]:
        return StreamFollower(source, self._fold, self._changed)

    def _changed(self, fold: MarketFold) -> None:
        latest = fold.latest()
        with self.hold_sync():
            self.status = fold.status
            if latest is not None:
                self.price = latest["data"]["close"]
            if fold.confluence is not None:
                self.score = fold.confluence["score"]
                self.direction = fold.confluence["direction"]
            self._save(fold)

    def _save(self, fold: MarketFold) -> None:
        timeframe = self.timeframe or next(iter(fold.timeframes), "")
        now = time.monotonic()
        last, closed, shown = self._saved
        count = len(fold.candles.get(timeframe, ()))
        if timeframe == shown and (count == closed or now - last < SNAPSHOT_S):
            return
        self._saved = (now, count, timeframe)
        self.snapshot = fold.snapshot(timeframe)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        messages = self.snapshot.get("messages", [])
        data["text/plain"] = describe(messages) if messages else point_text(self.title, self.name)
        data["text/html"] = render_html(messages) if messages else point_html(self.title, self.name)
        return data, metadata
