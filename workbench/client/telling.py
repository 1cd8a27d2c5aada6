"""What a program can tell of its own run, a method for each kind of message."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from workbench.client.alone import told
from workbench.errors import InvalidRequest
from workbench.messages import (
    LogMessage,
    Metrics,
    MetricsData,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Reasoning,
    Status,
    StatusData,
    parse_time,
    utc_now,
)
from workbench.runs import telling
from workbench.runs.ledger import Ledger
from workbench.runs.moments import SECONDS, check_unit, wire_time


class Telling:
    """Typed helpers, for any number of threads; `send` takes what they make.

    Attributes
    ----------
    ledger
        The books: what follows from what was told.
    bar
        Candles done, counted by the equity points unless `bar` says otherwise.
    """

    id: str

    def __init__(self, body: dict[str, Any], bars: int | None) -> None:
        self._body = body
        self._bars = bars
        self._named = 0
        self._introduced = False
        self._counted = False
        self._lock = threading.RLock()
        self.bar = 0
        self.ledger = Ledger(body["initial_capital"])
        start = body["start_date"]
        self._early = bool(start) and parse_time(start) < SECONDS

    def send(self, message: LogMessage) -> None:
        """Tell a message."""
        raise NotImplementedError

    def _ready(self) -> None:
        """Raise unless something can be told."""

    def _time(self, value: Any) -> Any:
        """Return a time as it was given, unless it is hardly meant: a run of 1970 has said so."""
        if not self._early:
            check_unit(value)
        return value

    @told
    def status(
        self, status: Literal["running", "paused"] = "running", reason: str | None = None
    ) -> None:
        """Tell that the run entered a state; the first time also what it runs on.

        Raises
        ------
        InvalidRequest
            It is neither ``running`` nor ``paused``: the end is told by `complete` or an exception.
        """
        if status not in ("running", "paused"):
            msg = f"status is {status!r}, expected running or paused; complete() ends the run"
            raise InvalidRequest(
                msg, field="status", value=repr(status), allowed=["running", "paused"]
            )
        why = UNSET if reason is None else reason
        if self._introduced:
            data = StatusData(self.id, status, reason=why)
        else:
            body = self._body
            data = StatusData(
                self.id,
                status,
                reason=why,
                strategy=body["strategy"],
                symbol=body["symbol"],
                timeframes=body["timeframes"],
                bars=UNSET if self._bars is None else self._bars,
                start=body["start_date"] or UNSET,
                end=body["end_date"] or UNSET,
                source=body["source"],
                synthetic=body["synthetic"],
                initial_capital=body["initial_capital"],
            )
        self.send(Status(utc_now(), data=data))
        self._introduced = True

    @told
    def trade_entry(
        self,
        direction: str,
        price: float,
        time: Any,
        quantity: float,
        *,
        trade_id: str | None = None,
        symbol: str | None = None,
        stop_loss: float | None = None,
        take_profit_levels: Sequence[float] = (),
        reasoning: Reasoning | str | None = None,
        commission: float = 0.0,
        bar: int | None = None,
    ) -> str:
        """Tell that a position was opened; return its `trade_id`, for `trade_exit`.

        Parameters
        ----------
        direction
            ``long`` or ``short``.
        price, stop_loss, take_profit_levels
            Prices.
        time
            Open time of the candle: a Timestamp, datetime, ISO string or epoch ms. Numbers that
            look like seconds are refused, unless the run's `start` is before 1974.
        quantity
            Units, above 0.
        trade_id
            ``trade_1`` and so on if left out.
        symbol
            The run's if left out.
        reasoning
            Why: a sentence or a `Reasoning`.
        commission
            Of this fill, in the account's currency.
        bar
            Index of the candle, from 0; if left out, as many as equity points were told, and
            none before the first.

        Raises
        ------
        InvalidRequest
            An argument is wrong.
        """
        message = telling.entry(
            f"trade_{self._named + 1}" if trade_id is None else trade_id,
            self._body["symbol"] if symbol is None else symbol,
            direction,
            price,
            self._time(time),
            quantity,
            bar=self._place(bar),
            strategy=self._body["strategy"],
            stop_loss=stop_loss,
            take_profit_levels=take_profit_levels,
            reasoning=reasoning,
            commission=commission,
        )
        self.send(message)
        self._named += trade_id is None
        return message.data.trade_id

    @told
    def trade_exit(
        self,
        trade_id: str,
        price: float,
        time: Any,
        reason: str = "exit",
        *,
        quantity: float | None = None,
        pnl: float | None = None,
        pnl_percent: float | None = None,
        mfe: float | None = None,
        mae: float | None = None,
        commission: float = 0.0,
        reasoning: Reasoning | str | None = None,
        bar: int | None = None,
    ) -> None:
        """Tell that a position, or a part of it, was closed.

        Parameters
        ----------
        trade_id
            That of the entry.
        price, time, commission, reasoning, bar
            As for `trade_entry`; the time is not before the entry's.
        reason
            The wire's `exit_reason`: ``stop_loss``, ``take_profit_1``, ``signal``.
        quantity
            Units closed; all that is open if left out.
        pnl
            Of these units, net of their commissions, in the account's currency; follows from
            the prices if left out.
        pnl_percent
            `pnl` in percent of the entry's notional; follows from it if left out.
        mfe, mae
            Most favourable and most adverse excursion, in the account's currency; if left
            out, what was made or lost at the exit.

        Raises
        ------
        InvalidRequest
            The trade is not open, or an argument is wrong.
        """
        self.send(
            telling.exit_(
                self.ledger,
                trade_id,
                price,
                self._time(time),
                reason,
                bar=self._place(bar),
                strategy=self._body["strategy"],
                quantity=quantity,
                pnl=pnl,
                pnl_percent=pnl_percent,
                mfe=mfe,
                mae=mae,
                commission=commission,
                reasoning=reasoning,
            )
        )

    @told
    def equity(
        self,
        time: Any,
        equity: float,
        balance: float | None = None,
        drawdown: float | None = None,
        *,
        bar: int | None = None,
    ) -> None:
        """Tell a point of the equity curve, at the close of the candle opened at `time`.

        Parameters
        ----------
        time
            As for `trade_entry`; after that of the point before.
        equity, balance
            In the account's currency; `balance` is `equity` if left out.
        drawdown
            A fraction, zero or negative; from the highest equity told if left out.
        bar
            Index of the candle, from 0; beyond that of the point before.

        Raises
        ------
        InvalidRequest
            An argument is wrong.
        """
        at = None if bar is None else telling.whole("bar", bar)
        when = self._time(time)
        self.send(telling.equity(self.id, self.ledger, when, equity, balance, drawdown, at))
        self.bar = (self.bar if at is None else at) + 1
        self._counted = True

    @told
    def progress(
        self, /, percent: float, time: Any, *, bar: int | None = None, **metrics: Any
    ) -> None:
        """Tell how far the run is.

        Parameters
        ----------
        percent
            0 to 100; not less than before.
        time
            The market's time, as for `trade_entry`; not before that of the last progress.
        bar
            Candles done.
        **metrics
            `balance`, `open_positions`, `total_trades`, `winning_trades`, `win_rate` and
            `max_drawdown` (fractions); what is left out follows from what was told.

        Raises
        ------
        InvalidRequest
            An argument is wrong.
        """
        done = telling.number("percent", percent, "0 to 100", -telling.TINY, 100.0)
        at = self.bar if bar is None else telling.whole("bar", bar)
        books, now = self.ledger, self.ledger.performance
        known = ProgressMetrics(
            float(books.balance),
            len(books.trades),
            now.total_trades,
            now.winning_trades,
            now.win_rate,
            now.max_drawdown,
        )
        total = self._bars or (round(100 * at / done) if done > 0 else at)
        when = wire_time(self._time(time))
        data = ProgressData(self.id, done, when, telling.changed(known, metrics))
        self.send(Progress(utc_now(), data=data, extra=ProgressExtra(at, total)))
        self.bar = at
        self._counted = self._counted or bar is not None

    @told
    def metrics(self, /, **metrics: Any) -> None:
        """Tell the performance so far.

        Parameters
        ----------
        **metrics
            `total_trades`, `winning_trades`, `win_rate`, `profit_factor`, `sharpe_ratio` and
            `max_drawdown` (a fraction); what is left out follows from what was told.

        Raises
        ------
        InvalidRequest
            There is no such metric, or its value is not a finite number.
        """
        now = self.ledger.performance
        known = MetricsData(
            self.id,
            now.total_trades,
            now.winning_trades,
            now.win_rate,
            now.profit_factor,
            self.ledger.sharpe_ratio,
            now.max_drawdown,
        )
        self.send(Metrics(utc_now(), data=telling.changed(known, metrics)))

    def _place(self, bar: int | None) -> int | UnsetType:
        if bar is not None:
            return telling.whole("bar", bar)
        return self.bar if self._counted else UNSET
