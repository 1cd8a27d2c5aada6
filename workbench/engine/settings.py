"""The account and the market a strategy trades in: costs, limits, and how orders fill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_type_hints

import msgspec
from msgspec import Struct, structs

from workbench.errors import InvalidRequest


def plain(value: Any) -> Any:
    """Return a value with NumPy's numbers as Python's."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return value.item() if hasattr(value, "item") and getattr(value, "shape", None) == () else value


class _Plain(Struct, frozen=True):
    """Whose numbers may be NumPy's when it is made."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if hasattr(value, "item"):
                structs.force_setattr(self, name, plain(value))


class Commission(_Plain, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a broker takes for a fill: ``max(minimum, rate * notional + per_unit * units +
    per_order)``, in the account's currency.

    Attributes
    ----------
    percent
        The rate, as a fraction of the notional (0.001 is 0.1 %), where `maker` and `taker` do not
        say otherwise.
    per_unit, per_order, minimum
        Money.
    maker
        The rate of fills that waited in the book: limit entries and targets; below 0 a rebate.
    taker
        The rate of all other fills.
    """

    percent: float = 0.0
    per_unit: float = 0.0
    per_order: float = 0.0
    minimum: float = 0.0
    maker: float | None = None
    taker: float | None = None


class Slippage(_Plain, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How much worse market and stop fills are than their price.

    Attributes
    ----------
    percent
        Fraction of the price.
    fixed
        In price units, on top.
    impact
        On top, the fraction ``impact * share ** 2`` of the price, `share` being the order's units
        over the candle's volume, at most 1; nothing where the candle has no volume.
    """

    percent: float = 0.0
    fixed: float = 0.0
    impact: float = 0.0


class Convention(_Plain, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How orders fill where a candle alone does not tell; docs/fills.md has a picture of each.

    Attributes
    ----------
    market
        Market orders fill at the open of the next candle, or at the close they were decided at.
    path
        The way a candle's price is taken to have gone: ``pessimistic`` (stop before target),
        ``optimistic`` (target before stop), ``ohlc`` (open, high, low, close), ``olhc``,
        ``adaptive`` (the extreme nearer to the open first).
    stops
        Prices of stops and targets are meant as given (``signal``), or moved with the fill by the
        ratio of its price to the close they were given at (``fill``).
    exits
        A market order due at the open of a candle that touches the stop or a target of what is
        held: it fills first (``open``), or the touched price wins and the order is cancelled, be
        it an exit or an entry (``touch``).
    target_gap
        Whether a target the open is already beyond fills at that better open.
    stop_gap
        Whether a stop the open is already beyond fills at that worse open; else at its own price,
        though the candle never was there.
    stop_first
        Whether a stop the candle reaches comes before a target even where the open is already
        beyond that target.
    entry_candle
        Whether stops and targets can be touched in the candle of the entry. ``market``: those of
        market entries can, and the targets of stop entries where it does not reach their stop.
    """

    market: Literal["next_open", "close"] = "next_open"
    path: Literal["pessimistic", "optimistic", "ohlc", "olhc", "adaptive"] = "pessimistic"
    stops: Literal["signal", "fill"] = "signal"
    exits: Literal["open", "touch"] = "open"
    target_gap: bool = True
    stop_gap: bool = True
    stop_first: bool = False
    entry_candle: bool | Literal["market"] = True


CONVENTIONS: dict[str, Convention] = {
    "workbench": Convention(),
    "backtesting.py": Convention(stop_first=True, entry_candle="market"),
    "backtrader": Convention(stop_first=True, entry_candle=False),
    "vectorbt": Convention(stops="fill", exits="touch", stop_first=True, entry_candle=False),
    "nautilus": Convention(market="close", path="ohlc", target_gap=False, stop_gap=False),
}
"""By the name of the engine whose fills are reproduced."""


class Settings(_Plain, frozen=True, kw_only=True):
    """What a run's account is given.

    Attributes
    ----------
    initial_capital
        In the account's currency, above 0.
    risk_per_trade
        Fraction of equity lost at the stop, in (0, 1]: sizes every order that has a stop and
        no size of its own.
    commission
        A fraction of the notional per fill, or a `Commission`.
    slippage
        A fraction of the price, against the trader, on every market and stop fill, or a `Slippage`.
    spread
        Price units between bid and ask, for candles that have no ask columns; theirs are the bid.
    leverage
        Notional allowed, in multiples of equity.
    maintenance_margin
        Fraction of the notional that equity may not fall below: then all is liquidated.
    borrow_rate
        A year's cost of a short position, fraction of its notional.
    funding_rate, funding_hours
        Fraction of the notional that longs pay and shorts get (or pay, below 0) each so many
        hours since the epoch, UTC.
    lot_size, min_size
        Units are cut to multiples of the first; what is then below the second is rejected.
    tick_size
        Prices are multiples of it: limits and stops are rounded away from the market, targets
        away from the entry, slipped prices against the trader. Orders are checked as rounded.
    max_positions
        Trades a strategy may have open at once.
    hedging
        Whether an entry against an open position stands beside it instead of closing it.
    max_risk
        Entries are rejected that would put more than this fraction of equity at risk between
        their fill and their stop; of those without a stop, the whole notional counts.
    fill_over_gaps
        Whether entries may fill on a candle after missing ones or a closed market.
    intrabar
        Timeframe of candles that tell what happened within one, shorter than all the run's.
    convention
        How orders fill: a name of `CONVENTIONS`, or a `Convention`.
    check_lookahead
        Whether indicators and signals are computed again on a part of the candles, to find those
        that depend on later ones.
    """

    initial_capital: float = 10_000.0
    risk_per_trade: float = 0.02
    commission: float | Commission = 0.0
    slippage: float | Slippage = 0.0
    spread: float = 0.0
    leverage: float = 1.0
    maintenance_margin: float = 0.0
    borrow_rate: float = 0.0
    funding_rate: float = 0.0
    funding_hours: float = 8.0
    lot_size: float = 0.0
    min_size: float = 0.0
    tick_size: float = 0.0
    max_positions: int = 1
    hedging: bool = False
    max_risk: float | None = None
    fill_over_gaps: bool = True
    intrabar: str | None = None
    convention: str | Convention = "workbench"
    check_lookahead: bool = True

    @property
    def fees(self) -> Commission:
        """The commission as a `Commission`."""
        given = self.commission
        return given if isinstance(given, Commission) else Commission(percent=float(given))

    @property
    def slips(self) -> Slippage:
        """The slippage as a `Slippage`."""
        given = self.slippage
        return given if isinstance(given, Slippage) else Slippage(percent=float(given))

    @property
    def rules(self) -> Convention:
        """The convention as a `Convention`."""
        given = self.convention
        return given if isinstance(given, Convention) else CONVENTIONS[given]

    def check(self) -> None:
        """Check all that can be checked without candles.

        Raises
        ------
        InvalidRequest
            A number is out of its range, or a name unknown; `details` names `field`, `value` and
            `allowed`.
        """
        self._check_types()
        for name, (least, most, open_end, allowed) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, Struct):
                _check(name, value, least, most, open_end, allowed)
        for owner in ("commission", "slippage"):
            given = getattr(self, owner)
            if isinstance(given, Struct):
                for part, value in structs.asdict(given).items():
                    if value is not None:
                        least, most, allowed = _PARTS.get(part, _MONEY)
                        _check(f"{owner}.{part}", value, least, most, False, allowed)
        if self.maintenance_margin * self.leverage >= 1:
            text = (
                f"maintenance_margin {self.maintenance_margin:g} with leverage {self.leverage:g} "
                "would liquidate at the entry: it must be below 1 / leverage"
            )
            raise InvalidRequest(
                text, field="maintenance_margin", value=self.maintenance_margin,
                allowed=f"below {1 / self.leverage:g}",
            )  # fmt: skip
        if isinstance(self.convention, str) and self.convention not in CONVENTIONS:
            known = list(CONVENTIONS)
            text = f"convention is {self.convention!r}, expected one of {', '.join(known)}"
            raise InvalidRequest(text, field="convention", value=self.convention, allowed=known)

    def _check_types(self) -> None:
        hints = _hints()
        for name in Settings.__struct_fields__:
            value = getattr(self, name)
            try:
                own = _STRUCTS.get(name, ())
                if isinstance(value, Mapping) or isinstance(value, Struct) > isinstance(value, own):
                    raise TypeError(f"it is a {type(value).__name__}")
                msgspec.convert(msgspec.to_builtins(value), hints[name])
            except (msgspec.ValidationError, TypeError) as error:
                expected = _EXPECTED.get(name, _KINDS.get(hints[name], "a number"))
                if isinstance(value, Struct):
                    expected += f" ({str(error).replace('$.', '')})"
                text = f"{name} is {value!r:.200}, expected {expected}"
                raise InvalidRequest(
                    text, field=name, value=f"{value!r:.100}", allowed=expected
                ) from None


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Return settings by name; a commission, slippage or convention may be a dict of its fields.

    Raises
    ------
    InvalidRequest
        One is wrong.
    """
    made = dict(given)
    for name, kind in _STRUCTS.items():
        if isinstance(made.get(name), Mapping):
            try:
                made[name] = msgspec.convert(plain(made[name]), kind)
            except msgspec.ValidationError as error:
                known = list(kind.__struct_fields__)
                text = f"{name} is {given[name]!r}: {error}; it has {', '.join(known)}"
                raise InvalidRequest(
                    text, field=name, value=repr(given[name]), allowed=known
                ) from None
    return Settings(**made)


_STRUCTS = {"commission": Commission, "slippage": Slippage, "convention": Convention}
_EXPECTED = {
    "commission": "a fraction of the notional, such as 0.001, or a Commission",
    "slippage": "a fraction of the price, such as 0.0005, or a Slippage",
    "convention": f"one of {', '.join(CONVENTIONS)}, or a Convention",
    "intrabar": "the name of a timeframe, such as '1M', or None",
    "max_risk": "a number, or None",
}
_KINDS = {float: "a number", int: "a whole number", bool: "True or False"}
_MONEY = (0.0, 1e9, "a finite number, 0 or more")
_PARTS = {
    "percent": (0.0, 0.5, "0 to 0.5 (a fraction)"),
    "taker": (0.0, 0.5, "0 to 0.5 (a fraction of the notional)"),
    "maker": (-0.05, 0.5, "-0.05 (a rebate) to 0.5 (a fraction of the notional)"),
}
_RANGES: dict[str, tuple[float, float, bool, str]] = {
    # field: (least, most, least is excluded, in words)
    "initial_capital": (0.0, 1e15, True, "above 0, at most 1e15"),
    "risk_per_trade": (0.0, 1.0, True, "above 0, at most 1"),
    "commission": (0.0, 0.5, False, "0 to 0.5 (a fraction of the notional)"),
    "slippage": (0.0, 0.5, False, "0 to 0.5 (a fraction of the price)"),
    "spread": (0.0, 1e9, False, "0 or more, in price units"),
    "leverage": (0.0, 1000.0, True, "above 0, at most 1000"),
    "maintenance_margin": (0.0, 1.0, False, "0 to 1 (a fraction of the notional)"),
    "borrow_rate": (0.0, 100.0, False, "0 to 100 (a fraction of the notional a year)"),
    "funding_rate": (-1.0, 1.0, False, "-1 to 1 (a fraction of the notional)"),
    "funding_hours": (1 / 60, 8760.0, False, "hours, from a minute (1/60) to a year"),
    "lot_size": (0.0, 1e12, False, "units, 0 or more"),
    "min_size": (0.0, 1e12, False, "units, 0 or more"),
    "tick_size": (0.0, 1e9, False, "price units, 0 or more"),
    "max_positions": (1, 1000, False, "1 to 1000"),
    "max_risk": (0.0, 1000.0, True, "a fraction of equity, above 0"),
}


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Settings)


def _check(name: str, value: Any, least: float, most: float, open_end: bool, allowed: str) -> None:
    above = value > least if open_end else value >= least
    if not (math.isfinite(value) and above and value <= most):
        text = f"{name} is {value}, expected {allowed}"
        raise InvalidRequest(text, field=name, value=value, allowed=allowed)
