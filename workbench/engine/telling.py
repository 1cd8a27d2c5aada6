"""Rows of events as messages: what was filled, and what came of signals that were not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import UNSET, UnsetType

from workbench.engine.rules.layout import *
from workbench.engine.story import Reasons, SignalEnd, exit_reason, tell, why_out
from workbench.messages import (
    EntryData,
    ExitData,
    Reasoning,
    Signal,
    SignalData,
    SignalExtra,
    Trade,
    TradeExtra,
)


class Telling:
    """Makes messages of what `story.tell` makes objects of; everything by position, for speed.

    Parameters
    ----------
    symbol
        What is traded.
    names
        Of the strategies.
    time
        Says when a candle opened, ISO 8601.
    now
        Makes the timestamps.
    reasons
        Says why an order was placed.
    """

    def __init__(
        self,
        symbol: str,
        names: Sequence[str],
        time: Callable[[int], str],
        now: Callable[[], str],
        reasons: Reasons,
    ) -> None:
        self._symbol = symbol
        self._names = names
        self._time = time
        self._now = now
        self._reasons = reasons

    def entry(self, e: Sequence[float]) -> Trade:
        """Return the message of an entry."""
        bar, strategy, sign, quantity = int(e[E_BAR]), int(e[E_STRATEGY]), e[E_SIGN], e[E_QUANTITY]
        order, decided, stop = int(e[E_ORDER]), int(e[E_SIGNAL]), e[E_STOP]
        why = self._reasons(order, strategy, decided, sign)
        data = EntryData(
            f"trade_{e[E_TRADE]:.0f}", self._symbol, "long" if sign > 0 else "short", e[E_PRICE],
            self._time(bar), quantity, stop if stop == stop else None,
            list(e[E_PRICES : E_PRICES + int(e[E_RUNGS])]),
            Reasoning(why.decision, why.confidence, why.rationale),
        )  # fmt: skip
        extra = TradeExtra(
            quantity, quantity, e[E_COMMISSION], self._names[strategy], bar, UNSET, why.inputs,
            f"signal_{order}", decided,
        )  # fmt: skip
        return Trade(self._now(), data, extra)

    def exit(self, e: Sequence[float]) -> Trade:
        """Return the message of an exit."""
        bar, order, time = int(e[E_BAR]), int(e[E_ORDER]), self._time
        signal: str | UnsetType = UNSET
        decided: int | UnsetType = UNSET
        if order:
            signal, decided = f"signal_{order}", int(e[E_SIGNAL])
        why = why_out(e, self._reasons)
        data = ExitData(
            f"trade_{e[E_TRADE]:.0f}", self._symbol, "long" if e[E_SIGN] > 0 else "short",
            e[E_ENTRY_PRICE], time(int(e[E_ENTRY_BAR])), e[E_PRICE], time(bar), exit_reason(e),
            e[E_PNL], e[E_PERCENT], e[E_MFE], e[E_MAE],
        )  # fmt: skip
        extra = TradeExtra(
            e[E_QUANTITY], e[E_REMAINING], e[E_COMMISSION], self._names[int(e[E_STRATEGY])], bar,
            Reasoning(why.decision, why.confidence, why.rationale), why.inputs, signal, decided,
            e[E_FINANCING] or UNSET,
        )  # fmt: skip
        return Trade(self._now(), data, extra)

    def end(self, e: Sequence[float]) -> Signal:
        """Return the message of a signal that ended unfilled."""
        end = tell(e, self._reasons)
        assert isinstance(end, SignalEnd)
        why = end.reasoning
        data = SignalData(
            f"signal_{end.signal}", self._symbol, self._names[end.strategy], end.decision,
            self._time(end.decided), end.outcome, end.code, end.message, end.numbers,
            Reasoning(why.decision, why.confidence, why.rationale),
        )  # fmt: skip
        return Signal(self._now(), data, SignalExtra(end.decided, end.bar, why.inputs))
