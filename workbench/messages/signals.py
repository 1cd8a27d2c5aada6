"""What became of a strategy's signals that were not filled."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from workbench.messages.payloads import Reasoning

SignalOutcome = Literal["rejected", "expired", "cancelled", "declined"]


class SignalData(Struct, frozen=True):
    """A signal that became no fill, and why; filled ones are told by their trade.

    Attributes
    ----------
    signal_id
        Such as ``signal_12``; each signal ends in one fill or in one of these.
    decision
        ``enter_long``, ``enter_short``, ``exit`` or, for what was declined, what it was about.
    time
        Open time of the candle at whose close it was given.
    outcome
        ``rejected`` by the account or the market, ``expired``, ``cancelled`` by the strategy or by
        what happened, ``declined``: the strategy looked and did nothing.
    code
        Why: ``no_cash``, ``no_equity``, ``max_positions``, ``size_below_minimum``,
        ``risk_limit``, ``market_closed``, ``data_gap``, ``too_many_orders``; ``expired``,
        ``end_of_data``; ``cancelled``, ``position_closed``, ``liquidation``; ``declined``.
    message
        The same in a sentence, with its numbers.
    numbers
        The numbers that decided, by name.
    reasoning
        Why the signal was given, or declined.
    """

    signal_id: str
    symbol: str
    strategy: str
    decision: str
    time: str
    outcome: SignalOutcome
    code: str
    message: str
    numbers: dict[str, float]
    reasoning: Reasoning


class SignalExtra(Struct, frozen=True, omit_defaults=True):
    """Indexes of the candles it was given on, and ended on; and what the decision saw."""

    decided: int
    bar: int
    inputs: dict[str, float] | UnsetType = UNSET
