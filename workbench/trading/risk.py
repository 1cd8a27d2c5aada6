"""Whether an order may be given, and whether what there is may stay: numbers in, verdicts out.

What each limit counts stands in docs/risk.md. A value that equals its limit is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

from msgspec import UNSET

from workbench.messages import LimitUse
from workbench.trading.inputs import Others
from workbench.trading.limits import LIMIT_NAMES, RiskLimits

CONTINUOUS = ("max_daily_loss", "max_drawdown", "stale_after")
"""Those that are breached by what the market does, too."""
ACCOUNT = "account."


class Symbol(NamedTuple):
    """What a symbol has come to.

    Attributes
    ----------
    held
        Sum of the absolute notionals of its positions, money.
    waiting
        The same of entries that wait, as if they had filled.
    age
        Seconds since its last price; None where the feed does not go by the clock.
    apart
        How far the price now is from the last close, as a fraction of it.
    """

    held: float
    waiting: float
    age: float | None
    apart: float


class Standing(NamedTuple):
    """Where a session, or all of an account, stands.

    Attributes
    ----------
    equity
        Money.
    loss
        Equity lost since 00:00 UTC, or the start, money; below 0 a profit.
    drawdown
        Equity lost from the highest, as a fraction of that, 0 or above.
    orders
        Given in the last 60 seconds.
    open_orders
        Entries that wait.
    elsewhere
        Absolute notional of symbols that only other sessions trade, money.
    """

    equity: float
    loss: float
    drawdown: float
    orders: int
    open_orders: int
    symbols: Mapping[str, Symbol]
    elsewhere: float = 0.0

    @property
    def exposure(self) -> float:
        """Sum of the absolute notionals of what is held, money."""
        return sum(one.held for one in self.symbols.values()) + self.elsewhere


class Entry(NamedTuple):
    """An entry that is to be ordered.

    Attributes
    ----------
    notional
        Units at the expected price, money; NaN where nothing is known of its size.
    closes
        Notional that is closed by it first: of positions that stand against it, money.
    prices
        Its limit and stop price, where it has them.
    close
        The last close.
    """

    symbol: str
    notional: float
    closes: float
    prices: tuple[float, ...]
    close: float


class Broken(NamedTuple):
    """A limit, and what there is or would be."""

    limit: str
    value: float
    allowed: float
    message: str
    symbol: str | None = None


def verdict(limits: RiskLimits, now: Standing, entry: Entry, scope: str = "") -> Broken | None:
    """Return the first limit, in the order of `RiskLimits`, that an entry would breach."""
    for name, limit in _set(limits):
        value = _with(name, now, entry)
        if value is not None and value > limit:
            return _broken(name, value, limit, scope, entry.symbol)
    return None


def breaches(limits: RiskLimits, now: Standing, scope: str = "") -> list[Broken]:
    """Return the limits of `CONTINUOUS` that are breached as it is."""
    found = []
    for name, limit in _set(limits):
        value, symbol = _present(name, now)
        if name in CONTINUOUS and value > limit:
            found.append(_broken(name, value, limit, scope, symbol))
    return found


def uses(limits: RiskLimits, now: Standing, scope: str = "") -> list[LimitUse]:
    """Return how much of each limit is used."""
    made = []
    for name, limit in _set(limits):
        value, symbol = _present(name, now)
        value = max(0.0, value)
        used = value / limit if limit > 0 else (0.0 if value <= limit else 1e9)
        known = UNSET if symbol is None else symbol
        made.append(LimitUse(scope + name, min(value, 1e18), limit, used, _SAYS[name][0], known))
    return made


def together(own: Standing, peak: float, others: Others) -> Standing:
    """Return where the account stands: a session, and what the others have come to.

    Its drawdown is from the sum of the highest equities of all its sessions, so that one that
    begins or ends is none.

    Parameters
    ----------
    own
        Of the session.
    peak
        Its highest equity, money.
    """
    equity, top = own.equity + others.equity, peak + max(others.peak, others.equity)
    elsewhere = {s: held for s, held in others.by_symbol.items() if s not in own.symbols}
    symbols = {
        name: one._replace(held=one.held + others.by_symbol.get(name, 0.0))
        for name, one in own.symbols.items()
    }
    return Standing(
        equity,
        own.loss - others.daily_pnl,
        max(0.0, top - equity) / top if top > 0 else 0.0,
        own.orders + others.orders_last_minute,
        own.open_orders + others.open_orders,
        symbols,
        sum(elsewhere.values()),
    )


def _set(limits: RiskLimits) -> Iterator[tuple[str, float]]:
    for name in LIMIT_NAMES:
        limit = getattr(limits, name)
        if limit is not None:
            yield name, limit


def _with(name: str, now: Standing, entry: Entry) -> float | None:
    """Return the value of a limit as it would be with an entry; None where it has none."""
    own = now.symbols[entry.symbol]
    added = 0.0 if entry.notional != entry.notional else entry.notional
    match name:
        case "max_position":
            return own.held + own.waiting - entry.closes + added
        case "max_exposure":
            return exposed(now) - entry.closes + added
        case "max_leverage":
            wanted = exposed(now) - entry.closes + added
            return wanted / now.equity if now.equity > 0 else inf
        case "max_orders_per_minute":
            return now.orders + 1
        case "max_open_orders":
            return now.open_orders + 1
        case "stale_after":
            return own.age
        case "price_band":
            far = (abs(price / entry.close - 1) for price in entry.prices)
            return max(own.apart, *far, 0.0)
        case _:
            return _present(name, now)[0]


def exposed(now: Standing) -> float:
    """Return the exposure, entries that wait counted as if they had filled."""
    return now.exposure + sum(one.waiting for one in now.symbols.values())


def _present(name: str, now: Standing) -> tuple[float, str | None]:
    """Return the value of a limit as it is, and of which symbol, where it is of one."""
    match name:
        case "max_position":
            return _most({s: one.held for s, one in now.symbols.items()})
        case "max_exposure":
            return now.exposure, None
        case "max_leverage":
            exposure = now.exposure
            return (exposure / now.equity if now.equity > 0 else inf if exposure else 0.0), None
        case "max_daily_loss":
            return now.loss, None
        case "max_drawdown":
            return now.drawdown, None
        case "max_orders_per_minute":
            return now.orders, None
        case "max_open_orders":
            return now.open_orders, None
        case "stale_after":
            return _most({s: one.age or 0.0 for s, one in now.symbols.items()})
        case _:
            return _most({s: one.apart for s, one in now.symbols.items()})


def _most(values: Mapping[str, float]) -> tuple[float, str | None]:
    symbol = max(values, key=values.__getitem__)
    return values[symbol], symbol


_SAYS = {
    "max_position": (
        "money", "The position in {symbol} would be {value:.2f}, {name} allows {limit:.2f}",
    ),
    "max_exposure": ("money", "The exposure would be {value:.2f}, {name} allows {limit:.2f}"),
    "max_leverage": ("x", "The leverage would be {value:.4g}, {name} allows {limit:.4g}"),
    "max_daily_loss": ("money", "{value:.2f} lost since 00:00 UTC, {name} allows {limit:.2f}"),
    "max_drawdown": ("fraction", "The drawdown is {value:.4%}, {name} allows {limit:.4%}"),
    "max_orders_per_minute": (
        "count", "It would be order {value:g} in 60 seconds, {name} allows {limit:g}",
    ),
    "max_open_orders": ("count", "{value:g} entries would wait, {name} allows {limit:g}"),
    "stale_after": (
        "seconds", "{symbol} has had no price for {value:.1f} s, {name} allows {limit:g} s",
    ),
    "price_band": (
        "fraction", "A price is {value:.4%} from the last close, {name} allows {limit:.4%}",
    ),
}  # fmt: skip
"""Of each limit, its unit and what is said of a breach."""


def _broken(name: str, value: float, limit: float, scope: str, symbol: str | None) -> Broken:
    text = _SAYS[name][1].format(value=value, limit=limit, name=scope + name, symbol=symbol)
    own = symbol if name in ("max_position", "stale_after", "price_band") else None
    return Broken(scope + name, min(value, 1e18), limit, text, own)
