"""The handle of a market: what it does now, what was seen in it, and its live view."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.client.checking import check_number
from workbench.client.market_asking import check_stream_options, timeframe_of
from workbench.client.market_catching import caught_up, warn_of_losses
from workbench.client.market_stream import MarketStream
from workbench.client.server import Server
from workbench.errors import Conflict, NotFound, WorkbenchError, from_body
from workbench.widgets.market_fold import MarketFold

if TYPE_CHECKING:
    import pandas as pd

    from workbench.client.market_stream import AsyncMarketStream
    from workbench.widgets.market_view import MarketView

PATIENCE_S = 30.0
"""How long a table waits for a feed that has just begun."""
HEIGHT_PX = (160, 4000)


class Market:
    """A market as a server watches it. It goes on without this handle while others watch.

    Made by `workbench.market`. Shown as a cell's value it is the live view. The tables hold what
    the stream has told up to now: of a replay all of it; of other feeds the server keeps the latest
    messages, and this handle what it has read once. What it has missed is in `gaps`, and warned of.
    Reading a table starts nothing: a feed that has stopped is started by `workbench.market`, by a
    `stream` or by the first look at the `view`.

    Attributes
    ----------
    name
        Of the feed and its stream.
    server
        Where it is.
    """

    def __init__(
        self, name: str, server: Server, *, title: str = "", epoch: str | None = None
    ) -> None:
        self.name = name
        self.server = server
        self._title = title or name
        self._fold = MarketFold(None, None, epoch)
        self._reading = threading.Lock()
        self._view: MarketView | None = None
        self._warned = 0
        self._deleted = False

    # --- what it is doing ---------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """All the server knows of the feed now: status, spec, source, subscribers."""
        if not self._deleted:
            try:
                return self.server.rest.get(f"api/market-data/{self.name}")
            except NotFound:
                self._deleted = True
        raise self._gone()

    @property
    def status(self) -> str:
        """starting, live, reconnecting, backfilling, stopped, ended or failed."""
        return str(self.info["status"])

    @property
    def feed(self) -> dict[str, Any]:
        """Where prices come from: symbol, feed, source, synthetic, timeframes."""
        now = self.info
        names = ("symbol", "feed", "source", "synthetic", "timeframes")
        return {name: now[name] for name in names if name in now}

    def wait(self, timeout: float | None = None) -> Market:
        """Wait until the feed has come to its end, as a replay does; return the market.

        Parameters
        ----------
        timeout
            Seconds; without end where it is absent. A live feed has no end but being stopped.

        Raises
        ------
        WorkbenchError
            The feed has failed: with the reason.
        TimeoutError
            It still goes on after `timeout` seconds.
        """
        if timeout is not None:
            check_number("timeout", timeout, 0)
        fold, ended = self._caught_up(timeout, to_end=True)
        if not ended:
            msg = f"{self.name} is {fold.status or 'not answering'} after {timeout:g} s"
            raise TimeoutError(msg)
        if fold.status == "failed":
            raise from_body({"error": f"{self.name} has failed: {fold.message}", "code": fold.code})
        return self

    def stop(self) -> None:
        """End the feed's process for all who watch it; its stream and tables stay.

        It stays stopped for those who watch; `workbench.market` or another reader starts it.
        """
        self.server.rest.post(f"api/market-data/{self.name}/stop", {})

    def delete(self) -> None:
        """End the feed and remove its stream for good."""
        self.server.rest.delete(f"api/market-data/{self.name}")
        self._deleted = True

    # --- what was told ------------------------------------------------------------------

    def candles(self, timeframe: str | None = None, *, history: bool = True) -> pd.DataFrame:
        """Return the closed candles by open time (UTC): open, high, low, close, volume.

        Parameters
        ----------
        timeframe
            One of the feed's; the shortest where absent.
        history
            Also those from before the feed began, with which it warmed up.

        Raises
        ------
        UnknownTimeframe
            The feed has no such candles.
        NotFound
            The market was deleted.
        WorkbenchError
            The feed has failed: with the reason.
        """
        from workbench.client.market_frames import candles_frame

        fold = self._read()
        known = fold.timeframes
        name = (
            known[0] if timeframe is None and known else timeframe_of(self.name, timeframe, known)
        )
        told = fold.closed(name)
        return candles_frame(
            each for each in told if history or each.get("extra", {}).get("origin") != "history"
        )

    @property
    def patterns(self) -> pd.DataFrame:
        """Candlestick patterns on closed candles, one a row, in the order they became known.

        The table is that of `workbench.detect(…).patterns()`.
        """
        from workbench.client.market_frames import findings

        return findings(self._read().patterns).patterns()

    @property
    def structure(self) -> pd.DataFrame:
        """Facts of market structure, one a row: later ones about a thing repeat its `id`.

        The table is that of `workbench.detect(…).structure()`.
        """
        from workbench.client.market_frames import findings

        return findings(self._read().structure).structure()

    @property
    def confluence(self) -> pd.DataFrame:
        """Scores by candle of the shortest timeframe, with a column for each term.

        The table is that of `workbench.detect(…).confluence()`.
        """
        from workbench.client.market_frames import findings

        return findings(self._read().scores).confluence()

    @property
    def gaps(self) -> pd.DataFrame:
        """Where something is missing, one a row.

        `what` is ``trades`` or ``candles`` that the feed did not get, or ``messages`` that the
        server no longer kept when this handle came to read them: the tables have nothing of
        what these told, from `start` (NaT: the beginning) to `end`.
        """
        from workbench.client.market_frames import gaps_frame

        return gaps_frame(self._read())

    @property
    def latest(self) -> pd.DataFrame:
        """The last candle of each timeframe, also one that still grows (`closed` is False)."""
        import pandas as pd

        from workbench.client.market_frames import candles_frame

        fold = self._read()
        found = {name: message for name in fold.timeframes if (message := fold.latest(name))}
        frame = candles_frame(found.values()).reset_index()
        frame["closed"] = [message["data"]["closed"] for message in found.values()]
        return frame.set_index(pd.Index(list(found), name="timeframe"))

    def follow(self, types: Sequence[str] | None = None, *, forever: bool = False) -> Iterator[Any]:
        """Iterate over the messages from the first that is kept, as they come, to the feed's end.

        Parameters
        ----------
        types
            Only these; all where absent.
        forever
            Go on when the feed has ended, was stopped or has failed: it may be started again.
        """
        with self.stream(types=types, forever=forever) as stream:
            yield from stream

    def stream(self, **options: Any) -> MarketStream:
        """Return the market's stream, from the first message that is kept, to the feed's end.

        Who iterates over it is a new subscriber: a feed that has stopped is started.

        Parameters
        ----------
        **options
            `types`, `timeframes`, `max_rate`, `since`, `epoch`, `from_now`, `heartbeat`,
            `patience`, as of `workbench.client.Stream`, and `forever`: go on when the feed has
            ended, was stopped or has failed.

        Raises
        ------
        InvalidRequest
            There is no such option, or it is out of its bounds.
        NotFound
            The market was deleted.
        """
        name, options = self._asked(options)
        return MarketStream(self.server, name, **options)

    def astream(self, **options: Any) -> AsyncMarketStream:
        """Return the stream for asyncio: ``async for message in market.astream()``."""
        from workbench.client.market_stream import AsyncMarketStream

        name, options = self._asked(options)
        return AsyncMarketStream(self.server, name, **options)

    # --- looking at it ------------------------------------------------------------------

    def view(self, *, height: int | None = None, timeframe: str | None = None) -> MarketView:
        """Return the live view, an ipywidget; the same one each time.

        Parameters
        ----------
        height
            Of the charts, in CSS pixels.
        timeframe
            The one to show.

        Raises
        ------
        WorkbenchError
            The feed has failed: with the reason.
        InvalidRequest
            The height is none.
        UnknownTimeframe
            The feed has no such candles.
        NotFound
            The market was deleted.
        """
        if height is not None:
            check_number("height", height, *HEIGHT_PX, whole=True)
        if timeframe is not None:
            timeframe = timeframe_of(self.name, timeframe, self.feed["timeframes"])
        if self._view is None:
            self._asked({})
            if self.status == "failed":
                self._read()  # Raises why: the view would show what came in its place.
            from workbench.client.source import MarketSource
            from workbench.widgets.market_view import MarketView

            self._view = MarketView(
                self.name,
                source=MarketSource(self.server, self.name),
                direct=self.server.own,
                title=self._title,
            )
        if height is not None:
            self._view.height = height
        if timeframe is not None:
            self._view.timeframe = timeframe
        return self._view

    def _gone(self) -> NotFound:
        msg = f"The market {self.name} was deleted: wb.market({self._title!r}) begins it anew"
        return NotFound(msg, field="name", value=self.name)

    def _asked(self, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the name of a market that is there, and where to read: why it failed, if so."""
        check_stream_options(options)
        now = self.info
        if now["status"] == "failed" and not options.keys() & {"since", "epoch", "from_now"}:
            options = {**options, "epoch": self._fold.epoch}
        return str(now["name"]), options

    def _caught_up(self, patience: float | None, *, to_end: bool) -> tuple[MarketFold, bool]:
        """Read on from where this handle was; see `caught_up`."""
        if self._fold.error is not None:
            self._fold = MarketFold(None, None, self._fold.epoch)
        fold = self._fold
        with self._reading:
            if self._deleted:
                raise self._gone()
            try:
                there = caught_up(self.server, self.name, fold, patience, to_end=to_end)
            except NotFound as error:
                self._deleted = True
                raise self._gone() from error
        if fold.error is not None:
            raise from_body({**fold.error["data"], **fold.error.get("extra", {})})
        return fold, there

    def _read(self) -> MarketFold:
        """Read on up to where the stream stands now, and to the first candles of a new feed."""
        fold, there = self._caught_up(PATIENCE_S, to_end=False)
        if not there and not fold.candles:
            msg = f"{self.name} has told no candles for {PATIENCE_S:g} s: see .info, or wait"
            raise Conflict(msg, value=fold.status)
        self._warned = warn_of_losses(self.name, fold, self._warned)
        return fold

    def __repr__(self) -> str:
        try:
            now = self.info
        except NotFound:
            return f"<Market {self.name}: deleted>"
        except WorkbenchError as error:
            return f"<Market {self.name} on {self.server.url}: {error}>"
        what = f"{now['symbol']} {'/'.join(now['timeframes'])}"
        real = ", synthetic data" if now.get("synthetic") else ""
        first = int(now.get("first_seq", 1))
        kept = f", kept from message {first:,} on" if first > 1 else ""
        return f"<Market {self.name}: {what}, {now['feed']} feed {now['status']}{real}{kept}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self._deleted:
            return {"text/plain": repr(self)}
        return self.view()._repr_mimebundle_(**kwargs)
