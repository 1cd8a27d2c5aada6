"""Differences between a live session and a backtest, as they are shown."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CAUSES = {
    "outside": "one of the two does not cover that time",
    "refused": "the session refused the order",
    "away": "the session's process was gone, and nobody decided meanwhile",
    "prices missing": "the session had no prices",
    "other prices": "the two saw different prices",
    "latency": "the order came to the market later",
    "partial fill": "the order was filled in parts, or not in full",
    "path": "the session saw what happened within the candle, the backtest the whole candle",
    "limit": "a risk limit closed it",
    "stopped": "the session was ended, or flattened by hand",
    "warm-up": "the session had candles from before its start, the backtest had yet to warm up",
    "end": "the backtest closes what is open at its last candle",
    "follows": "follows from a difference before",
    "other fills": "other costs or fills",
    "unknown": "none of the known causes",
}


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes
    ----------
    cause
        One of `CAUSES`.
    time
        Open of the candle of the entry, ISO 8601 UTC.
    backtest, live
        Ids of the trades; None where there is none.
    what
        What differs, with its numbers.
    why
        In a sentence, with its numbers.
    """

    cause: str
    time: str
    symbol: str
    backtest: str | None
    live: str | None
    what: str
    why: str


@dataclass(frozen=True)
class Diff:
    """How a live session compares with a backtest. Prints as text; a table as `frame`.

    Attributes
    ----------
    alike
        Number of trades that are the same in both, to the last digit that counts.
    differences
        All others, by time.
    by_design
        What the session says differs by design.
    """

    alike: int
    differences: list[Difference]
    by_design: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        """Whether there is no difference at all."""
        return not self.differences

    @property
    def causes(self) -> dict[str, int]:
        """How many differences each cause has made."""
        return dict(Counter(one.cause for one in self.differences).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each difference: the columns are the fields of `Difference`."""
        import pandas as pd

        names = list(Difference.__dataclass_fields__)
        rows = [[getattr(one, name) for name in names] for one in self.differences]
        found = pd.DataFrame(rows, columns=names)
        found["time"] = pd.to_datetime(found["time"], utc=True)
        return found

    def lines(self) -> Iterator[str]:
        """Say it."""
        if self.same:
            yield f"No difference: {_trades(self.alike)} alike"
        else:
            yield f"{_trades(self.alike)} alike, {len(self.differences)} differ"
            for cause, count in self.causes.items():
                yield f"  {count:>5}  {cause}: {CAUSES[cause]}"
        for text in self.by_design:
            yield f"  by design: {text}"
        for one in self.differences[:20]:
            pair = " / ".join(name or "–" for name in (one.backtest, one.live))
            yield f"  {one.time}  {one.symbol}  {pair}: {one.what} ({one.cause}: {one.why})"
        if len(self.differences) > 20:
            yield f"  … and {len(self.differences) - 20} more: see .frame"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _trades(count: int) -> str:
    return f"{count} trade" if count == 1 else f"{count} trades"
