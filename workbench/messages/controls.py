"""What the `control` message and the requests for it carry."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

ControlAction = Literal[
    "pause", "resume", "step", "speed", "run_until", "stop",
    "pause_entries", "resume_entries", "flatten",
]  # fmt: skip


class Until(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where `run_until` stands still: exactly one of these.

    Attributes
    ----------
    time
        ISO 8601: after the first candle that opens at or after it.
    bars
        After so many further candles.
    trades
        After the candle of the n-th further fill, entry or exit.
    drawdown
        After the first candle that closes with a drawdown of at least this fraction (0.1 is 10 %).
    """

    time: str | UnsetType = UNSET
    bars: int | UnsetType = UNSET
    trades: int | UnsetType = UNSET
    drawdown: float | UnsetType = UNSET


class SeekTo(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a replay is to go: exactly one of these.

    Attributes
    ----------
    seq
        The message with this number is the last one told.
    time
        ISO 8601, market time: all up to the candle that opens then.
    trade
        A `trade_id`: all up to its entry.
    """

    seq: int | UnsetType = UNSET
    time: str | UnsetType = UNSET
    trade: str | UnsetType = UNSET


class ControlData(Struct, frozen=True, omit_defaults=True):
    """A control was asked for: accepted, or refused with a reason.

    Attributes
    ----------
    action
        A `ControlAction`; of refused ones whatever was asked for, shortened.
    value, unit, until, to
        As asked for, see `workbench.messages.ControlRequest`.
    by
        Who asked, as the server's identity provider names them.
    """

    action: str
    accepted: bool
    value: float | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    until: Until | UnsetType = UNSET
    to: SeekTo | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
