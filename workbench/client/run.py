"""The handle of a run: what it is doing, what it has brought, and its live view."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.client.controls import RunControls
from workbench.client.measuring import RunStatistics
from workbench.client.server import Server
from workbench.client.stream import Stream
from workbench.errors import DataError, InvalidRequest, WorkbenchError, from_body
from workbench.messages import (
    FINAL_STATUSES,
    AnyMessage,
    ControlRequest,
    Equity,
    Message,
    Signal,
    Trade,
    decode,
    iso_time,
)
from workbench.runs.commands import body_of

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from workbench.client.asynchronous import AsyncStream
    from workbench.report.explaining import Explanation, Story
    from workbench.widgets.view import BacktestView


class Run(RunStatistics, RunControls[None]):
    """A run on a server. It goes on without this handle, this kernel and this notebook.

    Made by `workbench.start` and `workbench.attach`. Shown as a cell's value it is the live
    view.

    Attributes
    ----------
    id
        The run's id, for `workbench.attach`.
    server
        Where it is.
    """

    def __init__(self, run_id: str, server: Server) -> None:
        self.id = run_id
        self.server = server
        self._view: BacktestView | None = None

    # --- what it is doing ---------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """All the server knows of the run now: status, spec, source of the candles."""
        return self.server.rest.get(f"api/backtesting/{self.id}")

    @property
    def status(self) -> str:
        """pending, running, paused, complete, error or stopped."""
        return str(self.info["status"])

    @property
    def progress(self) -> float:
        """Percent of the candles done."""
        return float(self.info["progress"])

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended; return it.

        Raises
        ------
        StrategyError, InsufficientData, WorkerLost
            Or another `WorkbenchError`: what ended the run.
        TimeoutError
            It is still going on after `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = 0.02
        while (info := self.info)["status"] not in FINAL_STATUSES:
            if deadline is not None and time.monotonic() > deadline:
                msg = f"{self.id} is {info['status']} after {timeout:g} s{self._how_far(info)}"
                raise TimeoutError(msg)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)
        if info["status"] == "error":
            result = info["result"]
            raise from_body({**result["data"], **result["extra"]})
        return self

    # --- what it has brought ------------------------------------------------------------

    @property
    def trades(self) -> pd.DataFrame:
        """One row for each entry-to-exit part so far, with why it was made."""
        from workbench.engine.frames import trades_frame

        return trades_frame([m for m in self.events("trade") if isinstance(m, Trade)])

    @property
    def equity(self) -> pd.DataFrame:
        """The equity curve so far, by time (UTC): equity, balance, drawdown.

        A point each `equity_every` candles; `workbench.start` chooses it so that there is one
        for every candle of a run of up to 10,000, and about as many for a longer one.
        """
        from workbench.engine.frames import equity_frame

        return equity_frame([m for m in self.events("equity") if isinstance(m, Equity)])

    @property
    def metrics(self) -> dict[str, Any]:
        """Performance: of the whole run once it has ended, the latest until then.

        What is not defined is NaN.
        """
        info, statistics = self.info, None
        if info["result"] and "metrics" in info["result"]["data"]:
            found = info["result"]["data"]["metrics"]
            statistics = (info["result"].get("extra") or {}).get("statistics")
        else:
            found = dict(info["metrics"] or {})
            found.pop("backtest_id", None)
        from workbench.engine.frames import readable_metrics

        return readable_metrics(found, statistics)

    @property
    def signals(self) -> pd.DataFrame:
        """Signals that were not filled so far, one a row, each with its code and why."""
        from workbench.engine.frames import signals_frame

        return signals_frame([m for m in self.events("signal") if isinstance(m, Signal)])

    def explain(self, trade_id: str | int) -> Explanation:
        """Say why a trade (``trade_3``, or 3) was entered and left, from the log alone.

        Raises
        ------
        NotFound
            There is no such trade (yet).
        """
        return self._story().explain(trade_id)

    def why_not(self, time: str | datetime) -> Explanation:
        """Say what was decided on the candle open at `time` (UTC), and why there was no entry.

        Raises
        ------
        InvalidRequest
            It is no time, or before the run's first candle.
        """
        return self._story().why_not(str(time))

    def _story(self) -> Story:
        from workbench.report.explaining import TYPES, Story

        return Story(m for m in self.events(*TYPES) if isinstance(m, Message))

    def events(self, *types: str) -> list[AnyMessage]:
        """Return the log's messages so far, of some types or all."""
        found: list[AnyMessage] = []
        since = 0
        while True:
            text = self.server.rest.request(
                "GET",
                f"api/backtesting/{self.id}/events",
                {"since": since, "types": ",".join(types) or None},
            )
            page = msgspec.json.decode(text, type=_Page)
            found += [decode(raw) for raw in page.events]
            if page.next >= page.seq or page.next == since:
                return found
            since = page.next

    def follow(self, types: Sequence[str] | None = None) -> Iterator[AnyMessage]:
        """Iterate over the messages from the first to the run's end, as they come."""
        with self.stream(types=types) as stream:
            yield from stream

    def stream(self, **options: Any) -> Stream:
        """Return the run's stream, from the first message to the run's end, as they come.

        Parameters
        ----------
        **options
            Those of `workbench.client.Stream`: `types`, `columns`, `max_rate`, `since`, `epoch`,
            `from_now`, `heartbeat`, `patience`.
        """
        return Stream(self.server, self.id, **options)

    def astream(self, **options: Any) -> AsyncStream:
        """Return the run's stream for asyncio: ``async for message in run.astream()``.

        Parameters
        ----------
        **options
            As for `stream`; also `replay` and `speed`.
        """
        from workbench.client.asynchronous import AsyncStream

        return AsyncStream(self.server, self.id, **options)

    def replay(self, speed: float | str | None = None, **options: Any) -> Stream:
        """Play the run again once it has ended: a `Stream` with a clock, for this reader alone.

        Its `pause`, `resume`, `step`, `speed` and `seek` move the replay, not the run.

        Parameters
        ----------
        speed
            100 (candles a second), ``"3600x"`` (multiples of market time); None is as fast as
            possible.
        **options
            As for `stream`.
        """
        return Stream(self.server, self.id, replay=True, speed=speed, **options)

    def delete(self) -> None:
        """Remove the run and its log for good."""
        self.server.rest.delete(f"api/backtesting/{self.id}")

    # --- looking at it ------------------------------------------------------------------

    def view(self) -> BacktestView:
        """Return the live view, an ipywidget; the same one each time."""
        if self._view is None:
            from workbench.client.source import ServerSource
            from workbench.widgets.view import BacktestView

            self._view = BacktestView(
                self.id, source=ServerSource(self.server, self.id), direct=self.server.own
            )
        return self._view

    def figure(self) -> go.Figure:
        """Return a Plotly figure of the run so far: price with trades, equity, drawdown.

        Where it has no candles that the server knows, the pane says why.
        """
        from workbench.report import figure
        from workbench.report.chart import no_candles

        info, curve = self.info, self.equity
        # A run that has not said how far it goes is drawn as far as it has come.
        end = None if info["end_date"] or curve.empty else curve.index[-1].value // 10**6 + 1
        try:
            candles = self._candles(end)
        except (InvalidRequest, DataError) as error:
            candles = no_candles(info["timeframes"][0], error.message)
        return figure(candles, self.trades, curve, info)

    def report(self, path: str | Path | None = None) -> Path:
        """Write the report as one HTML page and return its path (default: ID.html)."""
        target = Path(path if path is not None else f"{self.id}.html")
        target.write_text(
            self.server.rest.text(f"api/backtesting/{self.id}/report"), encoding="utf-8"
        )
        return target

    def _how_far(self, info: dict[str, Any]) -> str:
        return f" ({info['progress']:.0f} %)"

    def _candles(self, end: int | None = None) -> dict[str, Any]:
        query = {"max_points": 4000, "end": None if end is None else iso_time(end)}
        return self.server.rest.get(f"api/backtesting/{self.id}/candles", query)

    def _ask(self, request: ControlRequest) -> None:
        self.server.rest.post(f"api/backtesting/{self.id}/control", body_of(request))

    def __repr__(self) -> str:
        try:
            now = self.info
        except WorkbenchError as error:
            return f"<Run {self.id} on {self.server.url}: {error}>"
        what = f"{now['strategy']} on {now['symbol']} {'/'.join(now['timeframes'])}"
        why = f", {now['reason']}" if now.get("reason") else ""
        return f"<Run {self.id}: {what}, {now['status']} {now['progress']:.1f} %{why}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.view()._repr_mimebundle_(**kwargs)


class _Page(msgspec.Struct):
    seq: int
    next: int
    events: list[msgspec.Raw]
