"""What a run's messages say, as lines. Pure: the time comes with each message."""

from __future__ import annotations

from msgspec import UNSET, to_builtins

from workbench.cli.output import Line, Pace
from workbench.messages import (
    AnyMessage,
    Complete,
    Control,
    EntryData,
    Error,
    ExitData,
    Gap,
    Progress,
    Status,
    Trade,
    TradeExtra,
)
from workbench.report.measures import money, percent

WARMUP_S = 0.5
"""Seconds a rate is measured over before it is told."""


class Narrator:
    """Follows one run.

    Attributes
    ----------
    pace
        How far it is; None before its first `progress`.
    capital
        What it started with; None before its first `status`.
    final
        Its last message; None while it goes on.
    """

    def __init__(self) -> None:
        self.pace: Pace | None = None
        self.capital: float | None = None
        self.final: Complete | Error | None = None
        self._first: tuple[float, int] | None = None

    def tell(self, message: AnyMessage, now: float) -> list[Line]:
        """Take a message in.

        Parameters
        ----------
        message
            The run's next one.
        now
            When it came, in seconds of a monotonic clock.

        Returns
        -------
        list of Line
            What to print of it.
        """
        match message:
            case Status():
                return self._status(message)
            case Trade():
                return [_trade(message)]
            case Progress():
                self._progress(message, now)
            case Control():
                return [_control(message)]
            case Gap():
                return [Line(f"The story starts over: {message.data.reason}", "yellow")]
            case Complete():
                self.final = message
            case Error():
                self.final = message
                trace = message.data.details.get("traceback")
                return [Line(str(line), "dim") for line in trace] if isinstance(trace, list) else []
        return []

    def _status(self, message: Status) -> list[Line]:
        data = message.data
        if not isinstance(data.initial_capital, float | int):
            return [Line(f"{data.backtest_id} is {data.status}", "dim")]
        self.capital = data.initial_capital
        frames = " / ".join(data.timeframes) if data.timeframes is not UNSET else ""
        # Who publishes a run of their own may not know beforehand how long it is.
        facts = [] if data.bars is UNSET else [f"{data.bars:,} candles"]
        if data.start is not UNSET and data.end is not UNSET:
            facts.append(f"{data.start} to {data.end}")
        facts.append(f"capital {money(data.initial_capital)}")
        lines = [Line(f"{data.strategy} on {data.symbol} {frames}: {', '.join(facts)}", "bold")]
        if data.source:
            lines.append(Line(f"data: {data.source}", "dim"))
        if data.synthetic is True:
            lines.append(Line("SYNTHETIC DATA: generated, never traded", "bold yellow"))
        if data.reason:
            lines.append(Line(f"nothing will happen: {data.reason}", "bold yellow"))
        return lines

    def _progress(self, message: Progress, now: float) -> None:
        bar, bars = message.extra.bar, message.extra.bars
        if self._first is None:
            self._first = now, bar
        elapsed, done = now - self._first[0], bar - self._first[1]
        rate = done / elapsed if elapsed >= WARMUP_S and done > 0 else None
        eta = None if rate is None else (bars - bar) / rate
        self.pace = Pace(message.data.progress, bar, bars, rate, eta)


def _trade(message: Trade) -> Line:
    data = message.data
    return _entry(data, message.extra) if isinstance(data, EntryData) else _exit(data, message)


def _entry(data: EntryData, extra: TradeExtra) -> Line:
    mark = "▲" if data.direction == "long" else "▼"
    text = (
        f"{_when(data.entry_time)}  {mark} {data.trade_id:<9} {data.direction:<5} entry  "
        f"{_number(extra.quantity)} at {_number(data.entry_price)}"
    )
    if data.stop_loss is not None:
        text += f", stop {_number(data.stop_loss)}"
    if data.take_profit_levels:
        text += f", targets {' '.join(map(_number, data.take_profit_levels))}"
    return Line(f"{text}  · {data.reasoning.rationale}", "cyan")


def _exit(data: ExitData, message: Trade) -> Line:
    extra = message.extra
    why = extra.reasoning.rationale if extra.reasoning is not UNSET else ""
    text = (
        f"{_when(data.exit_time)}  ● {data.trade_id:<9} {data.direction:<5} exit   "
        f"{_number(extra.quantity)} at {_number(data.exit_price)}, "
        f"P&L {data.pnl:+,.2f} ({percent(data.pnl_percent, signed=True)}), {data.exit_reason}"
    )
    style = "green" if data.pnl > 0 else "red"
    return Line(f"{text}  · {why}" if why else text, style)


def _control(message: Control) -> Line:
    data = message.data
    what = data.action if data.value is UNSET else f"{data.action} {data.value:g}"
    if data.unit is not UNSET:
        what += data.unit
    if data.until is not UNSET:
        what += "".join(f" {name} {value}" for name, value in to_builtins(data.until).items())
    answer = "" if data.accepted else f" refused: {data.reason}"
    return Line(f"control: {what}{answer}", "dim")


def _when(time: str) -> str:
    return time[:16].replace("T", " ")


def _number(value: float) -> str:
    return f"{value:,.6g}"
