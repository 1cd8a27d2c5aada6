"""Where a live session and a backtest differ, trade by trade, and why."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from workbench.messages import Message, iso_time
from workbench.report.deals import Account, Deal, Part, account_of
from workbench.report.differences import Diff, Difference

if TYPE_CHECKING:
    pass

ENDS = frozenset({"end_of_data", "session_end"})
"""How it is called that a trade was open at the end."""
FORCED = frozenset({"flattened", "risk_limit"})
"""Exits that a backtest does not have."""
STOPPED = ENDS | {"flattened"}
"""Exits that were asked for by people."""
EXACT = 1e-9
"""Numbers that differ by less than this fraction are the same."""


def compare(backtest: Iterable[Message], live: Iterable[Message]) -> Diff:
    """Compare two runs by their messages; see `Diff`.

    Trades are paired by symbol, strategy and direction, those first whose entries are on the same
    candle, then those at most two candles apart.
    """
    return _Comparison(account_of(backtest), account_of(live)).diff()


class _Comparison:
    def __init__(self, backtest: Account, live: Account) -> None:
        self.backtest, self.live = backtest, live
        self.found: list[tuple[int, Difference]] = []
        self._disturbed: dict[str, int] = {}

    def diff(self) -> Diff:
        alike = 0
        for mine, theirs in _paired(self.backtest.deals, self.live.deals, self.live.step):
            if mine is not None and theirs is not None:
                what = _what(mine, theirs)
                if not what:
                    alike += 1
                    continue
                cause, why = self._why_other(mine, theirs)
            elif mine is not None:
                what = f"only in the backtest: {_said(mine)}"
                cause, why = self._why_missing(mine)
            else:
                assert theirs is not None
                what = f"only live: {_said(theirs)}"
                cause, why = self._why_more(theirs)
            self._note(mine, theirs, cause, what, why)
        self.found.sort(key=lambda pair: pair[0])
        facts = self.live.facts
        by_design = [] if facts is None or facts.differences is UNSET else facts.differences
        return Diff(alike, [one for _, one in self.found], by_design)

    def _note(
        self, mine: Deal | None, theirs: Deal | None, cause: str, what: str, why: str
    ) -> None:
        deal = mine or theirs
        assert deal is not None
        time = min(one.entry_time for one in (mine, theirs) if one is not None)
        backtest, live = (None if one is None else one.name for one in (mine, theirs))
        self.found.append(
            (time, Difference(cause, iso_time(time), deal.symbol, backtest, live, what, why))
        )
        if cause != "outside":
            self._disturbed.setdefault(deal.symbol, time)

    # --- causes -------------------------------------------------------------------------

    def _why_missing(self, mine: Deal) -> tuple[str, str]:
        live = self.live
        if live.first is None or mine.entry_time < live.first:
            return "outside", "before the session's first candle"
        if live.last is not None and mine.entry_time > live.last:
            return "outside", "after the session's last candle"
        for one in live.refused:
            near = 0 <= mine.entry_time - one.time <= 2 * live.step
            whose = (one.symbol, one.strategy, one.decision)
            if near and whose == (mine.symbol, mine.strategy, f"enter_{mine.direction}"):
                return "refused", f"{one.code}: {one.message}"
        return self._common(mine, mine.entry_time) or self._follows(mine) or _UNKNOWN

    def _why_more(self, theirs: Deal) -> tuple[str, str]:
        backtest = self.backtest
        if backtest.first is not None and theirs.entry_time < backtest.first:
            return "outside", "before the backtest's first candle"
        if backtest.last is not None and theirs.entry_time > backtest.last:
            return "outside", "after the backtest's last candle"
        if backtest.ready is not None and theirs.entry_time <= backtest.ready:
            return "warm-up", f"its indicators had values from about {iso_time(backtest.ready)} on"
        return self._common(theirs, theirs.entry_time) or self._follows(theirs) or _UNKNOWN

    def _why_other(self, mine: Deal, theirs: Deal) -> tuple[str, str]:
        ended = next((part for part in theirs.parts if part.reason in FORCED), None)
        if ended is not None:
            return self._why_left(mine, None, ended)
        same_time = mine.entry_time == theirs.entry_time
        entered = same_time and _close(mine.entry_price, theirs.entry_price)
        gone = self._gone(mine, mine.entry_time)
        if gone is not None and not entered:
            return gone
        if theirs.latency_ms and not entered:
            return "latency", f"filled {theirs.latency_ms:g} ms after it was decided"
        if theirs.fills > 1:
            return "partial fill", f"its entry was filled in {theirs.fills} parts"
        prices = self._common(mine, mine.entry_time)
        if prices is not None:
            return prices
        pairs = list(zip_longest(mine.parts, theirs.parts))
        other = next((pair for pair in pairs if not _same_way(*pair)), None)
        if entered and other is not None:
            return self._why_left(mine, *other)
        if same_time and not entered and self.live.inside and not self.live.routed:
            return "path", "its entry met another price within the candle"
        follows = self._follows(mine)
        smaller = theirs.quantity < mine.quantity and not _close(mine.quantity, theirs.quantity)
        if follows is None and self.live.routed and smaller:
            return "partial fill", "the session got less than it would have been"
        return follows or ("other fills", "the same decision, at another price, size or cost")

    def _why_left(self, mine: Deal, one: Part | None, other: Part | None) -> tuple[str, str]:
        if other is not None and other.reason == "risk_limit":
            return "limit", f"the session closed it at {iso_time(other.time)}"
        if other is not None and other.reason in STOPPED and other.reason != _reason(one):
            return "stopped", f"the session closed it at {iso_time(other.time)} ({other.reason})"
        if one is not None and one.reason == "end_of_data":
            return "end", "it was open at the backtest's last candle"
        if other is None and not self.live.over:
            return "outside", "it is still open in the session"
        at = min(part.time for part in (one, other) if part is not None)
        prices = self._common(mine, at)
        if prices is not None:
            return prices
        if self.live.routed:
            return "latency", "the order to close it came later"
        if one is not None and other is not None and one.time == other.time and self.live.inside:
            told = f"by {one.reason} at {one.price:g} there, by {other.reason} at {other.price:g} "
            return "path", f"{told}live, on the candle of {iso_time(one.time)}"
        return self._follows(mine) or ("other fills", "closed at another price, or time")

    def _common(self, deal: Deal, time: int) -> tuple[str, str] | None:
        """Look for prices that one of the two did not see, at that time or just before."""
        live, step = self.live, self.live.step
        gone = self._gone(deal, time)
        if gone is not None:
            return gone
        for hole in live.holes:
            if hole.symbol == deal.symbol and hole.start <= time < hole.end + step:
                start, end = iso_time(hole.start), iso_time(hole.end)
                return "prices missing", f"{hole.text}, {start} to {end}"
        for at in (time - step, time):
            mine, theirs = (one.bars.get((deal.symbol, at)) for one in (self.backtest, live))
            if mine is not None and theirs is not None and mine != theirs:
                text = f"candle {iso_time(at)}: {_bar(mine)} there, {_bar(theirs)} live"
                return "other prices", text
        return None

    def _gone(self, deal: Deal, time: int) -> tuple[str, str] | None:
        """Look for a time when the session's process was not there, in a candle or just before."""
        step = self.live.step
        for away in self.live.away:
            inside = away.start < time + step and time < away.end + step
            if inside and away.symbol == deal.symbol:
                start, end = iso_time(away.start), iso_time(away.end)
                return "away", f"the session's process was away from {start} to {end}"
        return None

    def _follows(self, deal: Deal) -> tuple[str, str] | None:
        since = self._disturbed.get(deal.symbol)
        if since is None or since >= deal.entry_time:
            return None
        return "follows", f"the first difference of {deal.symbol} is at {iso_time(since)}"


_UNKNOWN = ("unknown", "nothing in the two logs explains it")


def _paired(
    mine: list[Deal], theirs: list[Deal], step: int
) -> list[tuple[Deal | None, Deal | None]]:
    """Pair trades, in order of time."""
    waiting: dict[tuple[str, str, int], list[Deal]] = {}
    for one in theirs:
        waiting.setdefault((one.symbol, one.direction, one.entry_time), []).append(one)
    pairs: dict[int, Deal] = {}
    for number, one in enumerate(mine):
        if same := waiting.get((one.symbol, one.direction, one.entry_time)):
            pairs[number] = same.pop(0)
    left = [one for same in waiting.values() for one in same]
    for number, one in enumerate(mine):
        near = [] if number in pairs else [other for other in left if _near(one, other, 2 * step)]
        if near:
            pairs[number] = min(near, key=partial(_apart, one))
            left.remove(pairs[number])
    found: list[tuple[Deal | None, Deal | None]] = [
        (one, pairs.get(number)) for number, one in enumerate(mine)
    ]
    found += [(None, other) for other in left]
    return sorted(found, key=lambda pair: min(x.entry_time for x in pair if x is not None))


def _near(one: Deal, other: Deal, reach: int) -> bool:
    same = (one.symbol, one.direction) == (other.symbol, other.direction)
    return same and _apart(one, other) <= reach


def _apart(one: Deal, other: Deal) -> int:
    return abs(one.entry_time - other.entry_time)


def _what(mine: Deal, theirs: Deal) -> str:
    """Say in which numbers two trades differ; nothing where they are the same."""
    parts = []
    if mine.entry_time != theirs.entry_time:
        parts.append(f"entered {iso_time(mine.entry_time)} / {iso_time(theirs.entry_time)}")
    for name, one, other in (
        ("at", mine.entry_price, theirs.entry_price),
        ("quantity", mine.quantity, theirs.quantity),
        ("commission", mine.commission, theirs.commission),
    ):
        if not _close(one, other):
            parts.append(f"{name} {one:g} / {other:g}")
    for part, its in zip_longest(mine.parts, theirs.parts):
        if not _same_part(part, its):
            parts.append(f"left {_left(part)} / {_left(its)}")
            break
    return ", ".join(parts)


def _same_part(one: Part | None, other: Part | None) -> bool:
    if one is None or other is None:
        return one is other
    amounts = _close(one.quantity, other.quantity) and _close(one.pnl, other.pnl)
    return amounts and _same_way(one, other)


def _same_way(one: Part | None, other: Part | None) -> bool:
    """Tell whether two parts were left at the same time and price for the same reason."""
    if one is None or other is None:
        return one is other
    reason = one.reason == other.reason or {one.reason, other.reason} <= ENDS
    return one.time == other.time and reason and _close(one.price, other.price)


def _reason(part: Part | None) -> str | None:
    return None if part is None else part.reason


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= EXACT * max(1.0, abs(one), abs(other))


def _left(part: Part | None) -> str:
    if part is None:
        return "still open"
    return f"{iso_time(part.time)} at {part.price:g} by {part.reason}"


def _said(deal: Deal) -> str:
    return f"{deal.direction} {deal.quantity:g} at {deal.entry_price:g}"


def _bar(bar: Any) -> str:
    return "/".join(f"{price:g}" for price in bar)
