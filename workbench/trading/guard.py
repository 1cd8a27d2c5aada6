"""Keeps a session within its limits: who is let through, what is breached, and until when."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from workbench.messages import BreachAction, LimitUse
from workbench.trading.inputs import Others
from workbench.trading.limits import LIMIT_NAMES, RiskLimits
from workbench.trading.risk import (
    ACCOUNT,
    CONTINUOUS,
    Broken,
    Entry,
    Standing,
    breaches,
    together,
    uses,
    verdict,
)

MINUTE_MS = 60_000
_UNTIL_NEXT_DAY, _UNTIL_RESUMED = "max_daily_loss", "max_drawdown"


class Begun(NamedTuple):
    """A breach that has begun, what is to be done, and whether it lasts when it is over."""

    broken: Broken
    action: BreachAction
    lasts: bool


class Guard:
    """Limits of a session and of its account.

    Parameters
    ----------
    limits, account
        Of the session, and of all sessions of the account together.
    capital
        The equity at the start, money.

    Attributes
    ----------
    paused
        Whether entries are paused by command.
    others
        What the other sessions of the account have come to; None before it was told.
    highest
        The highest equity of the session, money.
    peak
        The same that `max_drawdown` counts from: since a breach of it was last lifted, or the
        start.
    watching
        Whether there is a limit that the market can breach.
    """

    def __init__(self, limits: RiskLimits, account: RiskLimits, capital: float) -> None:
        self._limits, self._account = limits, account
        self.paused = False
        self.others: Others | None = None
        self.highest = self.peak = self._shared_peak = capital
        self.watching = any(
            getattr(one, name) is not None for one in (limits, account) for name in CONTINUOUS
        )
        self._forgiven = 0.0
        self._given: deque[int] = deque()
        self._lasting: dict[str, Broken] = {}
        self._present: dict[str, Broken] = {}

    @property
    def closed(self) -> bool:
        """Whether no entry of any symbol is let through."""
        return self.paused or bool(self._lasting)

    # --- what happens -----------------------------------------------------------------

    def gave(self, time: int) -> None:
        """Count an order, given at `time` (epoch ms, not before the one before)."""
        self._given.append(time)

    def orders(self, time: int) -> int:
        """Return how many orders were given in the 60 seconds before `time`."""
        while self._given and self._given[0] <= time - MINUTE_MS:
            self._given.popleft()
        return len(self._given)

    def may_close(self, time: int) -> bool:
        """Tell whether a further order may be given now, without regard to what it does."""
        many = self.orders(time)
        elsewhere = 0 if self.others is None else self.others.orders_last_minute
        own, all_of_them = self._limits, self._account
        return not (
            _full(own.max_orders_per_minute, many)
            or _full(all_of_them.max_orders_per_minute, many + elsewhere)
        )

    def see(self, equity: float) -> None:
        """Know the equity at a price: the one place where the highest is kept."""
        if equity > self.peak or equity > self._shared_peak:
            self.highest = max(self.highest, equity)
            self.peak = max(self.peak, equity)
            self._shared_peak = max(self._shared_peak, equity)

    def fallen(self, equity: float) -> float:
        """Return what equity has come down from `highest`, a fraction, 0 or above."""
        self.see(equity)
        return _down(self.highest, equity)

    def drawdown(self, equity: float) -> float:
        """Return what equity has come down from `peak`, a fraction, 0 or above."""
        self.see(equity)
        return _down(self.peak, equity)

    def new_day(self) -> None:
        """Begin the next day: what was lost before counts no longer."""
        for scope in ("", ACCOUNT):
            self._lasting.pop(scope + _UNTIL_NEXT_DAY, None)

    def resume(self, equity: float) -> None:
        """Let entries through again; a drawdown that was a breach counts from here."""
        self.paused = False
        if self._lasting.pop(_UNTIL_RESUMED, None) is not None:
            self.peak = equity
        if self._lasting.pop(ACCOUNT + _UNTIL_RESUMED, None) is not None:
            self._shared_peak = equity
            if self.others is not None:
                self._forgiven = max(0.0, self.others.peak - self.others.equity)

    def save(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        return {name: getattr(self, name) for name in _KEPT}

    def load(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        for name, value in saved.items():
            setattr(self, name, value)

    # --- what may be ------------------------------------------------------------------

    def look(self, now: Standing) -> list[Begun]:
        """Return the breaches that begin with what there is now."""
        begun = []
        present: dict[str, Broken] = {}
        for limits, standing, scope in self._scopes(now):
            for broken in breaches(limits, standing, scope):
                name = broken.limit
                lasts = name.removeprefix(ACCOUNT) in (_UNTIL_NEXT_DAY, _UNTIL_RESUMED)
                if lasts:
                    if name in self._lasting:
                        continue
                    self._lasting[name] = broken
                else:
                    present[name] = broken
                    if name in self._present:
                        continue
                begun.append(Begun(broken, limits.action, lasts))
        self._present = present
        return begun

    def admit(self, now: Standing, entry: Entry) -> Broken | None:
        """Return the first limit, of the session and then of the account, that an entry breaches.

        None lets it through. A pause by command is not looked at.
        """
        for limits, standing, scope in self._scopes(now):
            found = verdict(limits, standing, entry, scope)
            met = [one for name, one in self._lasting.items() if _scope(name) == scope]
            if found is not None:
                met.insert(0, found)
            if met:
                return min(met, key=lambda one: LIMIT_NAMES.index(one.limit.removeprefix(scope)))
        return None

    def uses(self, now: Standing) -> list[LimitUse]:
        """Return how much of each limit is used."""
        return [
            use
            for limits, standing, scope in self._scopes(now)
            for use in uses(limits, standing, scope)
        ]

    def _scopes(self, now: Standing) -> list[tuple[RiskLimits, Standing, str]]:
        others = self.others
        if others is None:
            account = now._replace(drawdown=_down(self._shared_peak, now.equity))
        else:
            others = Others(
                others.at, others.equity, others.exposure, others.daily_pnl, others.open_orders,
                others.orders_last_minute, others.by_symbol,
                max(others.equity, others.peak - self._forgiven),
            )  # fmt: skip
            account = together(now, self._shared_peak, others)
        return [(self._limits, now, ""), (self._account, account, ACCOUNT)]


_KEPT = (
    "paused", "others", "highest", "peak", "_shared_peak", "_forgiven", "_given", "_lasting",
    "_present",
)  # fmt: skip


def _down(peak: float, equity: float) -> float:
    return max(0.0, peak - equity) / peak if peak > 0 else 0.0


def _full(most: int | None, many: int) -> bool:
    return most is not None and many >= most


def _scope(name: str) -> str:
    return ACCOUNT if name.startswith(ACCOUNT) else ""
