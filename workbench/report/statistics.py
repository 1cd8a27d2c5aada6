"""Statistics as people read them: grouped, named, in order, with units and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.report.measures import Measure, measures, money, percent

INTERVAL = "95 % interval"
"""Head of the column of `Measure.interval`."""


class Group(NamedTuple):
    """Measures that belong together, under a title."""

    title: str
    measures: list[Measure]


class Statistic(NamedTuple):
    """One statistic.

    Attributes
    ----------
    label
        For people.
    unit
        ``percent``, ``signed`` (percent with its sign), ``ratio``, ``money``, ``seconds``,
        ``count`` or ``candles``.
    neutral
        The value that is neither good nor bad news; None where none is either.
    """

    label: str
    unit: str
    neutral: float | None = None


STATISTICS: dict[str, Statistic] = {
    "cagr": Statistic("Growth a year (CAGR)", "signed", 0.0),
    "buy_and_hold_return": Statistic("Buy and hold", "signed", 0.0),
    "alpha": Statistic("Alpha a year", "signed", 0.0),
    "beta": Statistic("Beta", "ratio"),
    "volatility": Statistic("Volatility a year", "percent"),
    "sortino_ratio": Statistic("Sortino ratio", "ratio", 0.0),
    "calmar_ratio": Statistic("Calmar ratio", "ratio", 0.0),
    "average_drawdown": Statistic("Average drawdown", "percent", 0.0),
    "longest_drawdown_duration": Statistic("Longest drawdown", "seconds"),
    "average_drawdown_duration": Statistic("Average drawdown lasts", "seconds"),
    "ulcer_index": Statistic("Ulcer index", "percent"),
    "exposure": Statistic("Exposure", "percent"),
    "expectancy": Statistic("Expectancy a trade", "money", 0.0),
    "expectancy_percent": Statistic("Expectancy, of notional", "signed", 0.0),
    "payoff_ratio": Statistic("Payoff ratio", "ratio"),
    "sqn": Statistic("System quality (SQN)", "ratio", 0.0),
    "kelly": Statistic("Kelly part of equity", "percent"),
    "longest_winning_streak": Statistic("Longest winning streak", "count"),
    "longest_losing_streak": Statistic("Longest losing streak", "count"),
    "average_bars_held": Statistic("Candles held, average", "candles"),
    "median_bars_held": Statistic("Candles held, median", "candles"),
    "mfe_q25": Statistic("Best profit (MFE), lower quartile", "percent"),
    "mfe_q50": Statistic("Best profit (MFE), median", "percent"),
    "mfe_q75": Statistic("Best profit (MFE), upper quartile", "percent"),
    "mae_q25": Statistic("Worst loss (MAE), lower quartile", "percent"),
    "mae_q50": Statistic("Worst loss (MAE), median", "percent"),
    "mae_q75": Statistic("Worst loss (MAE), upper quartile", "percent"),
}
"""By name, as in `complete`'s `extra.statistics`."""

_GROUPS: dict[str, tuple[str, ...]] = {
    "Return": (
        "initial_capital", "final_equity", "total_return", "cagr", "buy_and_hold_return", "alpha",
        "beta", "exposure", "total_commissions",
    ),
    "Risk": (
        "max_drawdown", "average_drawdown", "longest_drawdown_duration",
        "average_drawdown_duration", "volatility", "ulcer_index", "sharpe_ratio",
        "sortino_ratio", "calmar_ratio",
    ),
    "Trades": (
        "total_trades", "winning_trades", "losing_trades", "win_rate", "profit_factor",
        "payoff_ratio", "expectancy", "expectancy_percent", "sqn", "kelly", "average_win",
        "average_loss", "largest_win", "largest_loss", "longest_winning_streak",
        "longest_losing_streak",
    ),
    "Holding": (
        "average_bars_held", "median_bars_held", "mfe_q25", "mfe_q50", "mfe_q75", "mae_q25",
        "mae_q50", "mae_q75",
    ),
}  # fmt: skip


def grouped(
    metrics: Mapping[str, Any],
    statistics: Mapping[str, float] | None = None,
    intervals: Mapping[str, Sequence[float]] | None = None,
    capital: float | None = None,
    equity: float | None = None,
) -> list[Group]:
    """Return all there is to show of a run's performance; groups of nothing are left out.

    Parameters
    ----------
    metrics, capital, equity
        As for `measures`.
    statistics, intervals
        `extra.statistics` and `extra.intervals` of a `complete` message.
    """
    found = {one.name: one for one in measures({**metrics, **(statistics or {})}, capital, equity)}
    for name, value in (statistics or {}).items():
        if name in STATISTICS:
            found[name] = _measure(name, value)
    for name, bounds in (intervals or {}).items():
        if name in found:
            text = " to ".join(_bound(name, bound) for bound in bounds)
            found[name] = found[name]._replace(interval=text)
    groups = [
        Group(title, [found[name] for name in names if name in found])
        for title, names in _GROUPS.items()
    ]
    return [group for group in groups if group.measures]


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: ``12 d 4 h``, ``3 h 15 min``, ``40 s``."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    while not parts[0][0]:
        del parts[0]
    return " ".join(f"{count:,} {unit}" for count, unit in parts[:2] if count)


def _measure(name: str, value: float) -> Measure:
    label, unit, neutral = STATISTICS[name]
    sign = 0 if neutral is None else (value > neutral) - (value < neutral)
    return Measure(name, label, _text(unit, value), sign)


def _text(unit: str, value: float) -> str:
    match unit:
        case "percent":
            return percent(value)
        case "signed":
            return percent(value, signed=True)
        case "seconds":
            return duration(value)
        case "count":
            return f"{value:,.0f}"
        case "candles":
            return f"{value:,.1f}"
        case _:
            return money(value)


def _bound(name: str, value: float) -> str:
    if name in STATISTICS:
        return _text(STATISTICS[name].unit, value)
    return percent(value) if name == "max_drawdown" else f"{value:,.2f}"
