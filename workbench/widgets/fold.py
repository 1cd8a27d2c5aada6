"""A run as its messages tell it, small enough to be kept in a notebook."""

from __future__ import annotations

from array import array
from collections import deque
from typing import Any

from workbench.messages import FINAL_STATUSES, parse_time
from workbench.widgets.columns import thin
from workbench.widgets.source import Message
from workbench.widgets.sweep_fold import SweepFold

MOST_POINTS = 2_000
MOST_TRADES = 2_000
MOST_SIGNALS = 500
_CURVES = ("equity", "balance", "drawdown")


class RunFold:
    """Folds messages into the view's traits and, at the end, into its snapshot.

    Attributes
    ----------
    status
        As on the wire, or ``deleted``; ``pending`` until told otherwise.
    progress
        Percent, 0 to 100.
    sweep
        The rows, where the run is a sweep.
    metrics
        `total_return`, `max_drawdown` and `win_rate` as fractions (unlike `complete` on the wire,
        whose units change with the type of the message), `profit_factor`, `sharpe_ratio`,
        `total_trades`, `balance` and whatever else `complete` carries, as it carries it.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the story; it is going to be told again."""
        self.status = "pending"
        self.progress = 0.0
        self.metrics: dict[str, float] = {}
        self._capital = 0.0
        self._time = array("q")
        self._curves = {name: array("d") for name in _CURVES}
        self._trades: list[Message] = []
        self._signals: deque[Message] = deque(maxlen=MOST_SIGNALS)
        self.sweep = SweepFold()
        self._latest: dict[str, Message] = {}

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status in FINAL_STATUSES

    def apply(self, message: Message) -> None:
        """Take one message; those of unknown types are ignored."""
        kind, data = message["type"], message["data"]
        if kind == "gap":
            self.reset()
        elif kind == "status":
            self._status(message)
        elif kind == "progress":
            self.progress = float(data["progress"])
            self.metrics.update(_numbers(data["metrics"]))
            self._latest[kind] = message
        elif kind == "equity":
            self._point(parse_time(data["time"]), *(data[name] for name in _CURVES))
        elif kind == "equity_columns":
            for point in zip(data["time"], *(data[name] for name in _CURVES), strict=True):
                self._point(*point)
        elif kind == "trade":
            self._trades.append(message)
        elif kind == "signal" and data["outcome"] != "declined":
            self._signals.append(message)
        elif kind == "sweep":
            self.sweep.add(message)
        elif kind == "metrics":
            self.metrics.update(_numbers(data))
            self._latest[kind] = message
        elif kind == "complete":
            self._complete(message)
        elif kind == "error" and "seq" in message:
            self.status = "error"
            self._latest[kind] = message

    def snapshot(
        self, candles: dict[str, Any] | None = None, about: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the run as a short log that the view can draw without a server.

        Parameters
        ----------
        candles
            The body of ``GET …/candles``, kept beside the log.
        about
            The body of ``GET …/{run}``, of which the names are kept.

        Returns
        -------
        dict
            ``messages``: `status`, at most 2000 equity points in one `equity_columns`, the last
            2000 trade messages, the last 500 signals that were not filled, the best 2000 rows of
            a sweep, then the latest `progress`, `metrics` and `complete` or `error`.
            ``candles`` and ``about``, if there are any. ``trades_left_out``: how many trade
            messages are not in.
        """
        messages: list[Message] = []
        if "start" in self._latest:
            messages.append(self._latest["start"])
        if self._time:
            messages.append(self._columns(messages))
        messages += self._trades[-MOST_TRADES:]
        messages += self._signals
        messages += self.sweep.kept()
        messages += [
            self._latest[kind]
            for kind in ("progress", "metrics", "complete", "error", "end")
            if kind in self._latest
        ]
        kept: dict[str, Any] = {
            "messages": messages,
            "trades_left_out": max(0, len(self._trades) - MOST_TRADES),
        }
        if candles is not None:
            kept["candles"] = candles
        if about is not None and "spec" in about:
            kept["about"] = _names(about)
        return kept

    def _columns(self, before: list[Message]) -> Message:
        # Both curves keep their extremes: half of the points are chosen by each.
        equity, drawdown = self._curves["equity"], self._curves["drawdown"]
        chosen = sorted(
            {*thin(equity, MOST_POINTS // 2), *thin(drawdown, MOST_POINTS // 2)}
            if len(equity) > MOST_POINTS
            else range(len(equity))
        )
        data: dict[str, Any] = {
            "backtest_id": before[0]["data"]["backtest_id"] if before else "",
            "time": [self._time[i] for i in chosen],
        }
        data.update({name: [self._curves[name][i] for i in chosen] for name in _CURVES})
        return {"type": "equity_columns", "timestamp": "", "data": data}

    def _status(self, message: Message) -> None:
        data = message["data"]
        self.status = data["status"]
        self._capital = data.get("initial_capital", self._capital)
        if "sweep" in data:
            self.sweep.begin(data["sweep"])
        # The first one to name the symbol tells what the run is on.
        if "symbol" in data:
            self._latest.setdefault("start", message)
        if self.over:
            self._latest["end"] = message

    def _point(self, time: int, equity: float, balance: float, drawdown: float) -> None:
        self._time.append(time)
        for name, value in zip(_CURVES, (equity, balance, drawdown), strict=True):
            self._curves[name].append(value)
        if self._capital:
            self.metrics["total_return"] = equity / self._capital - 1.0

    def _complete(self, message: Message) -> None:
        extra = message.get("extra", {})
        self.status = extra.get("status", "complete")
        if self.status == "complete":
            self.progress = 100.0
        final = _numbers(message["data"]["metrics"])
        for name in ("total_return", "max_drawdown"):
            if name in final:
                final[name] /= 100.0
        self.metrics.update(final)
        if "final_equity" in extra:
            self.metrics["balance"] = extra["final_equity"]
        self._latest["complete"] = message


def _numbers(data: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in data.items() if isinstance(value, int | float)}


def _names(about: dict[str, Any]) -> dict[str, Any]:
    spec = about["spec"]
    kept = ("strategy_ids", "strategy_params", "sweep")
    return {"name": about.get("name", ""), "spec": {name: spec.get(name) for name in kept}}
