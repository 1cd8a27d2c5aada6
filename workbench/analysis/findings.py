"""What was found in candles: a list, its tables, and how a notebook shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from workbench.analysis.detecting import (
    ConfluenceFinding,
    Finding,
    PatternFinding,
    StructureFinding,
)
from workbench.analysis.structure.names import name_of

if TYPE_CHECKING:
    import pandas as pd

_SHOWN, _ROWS = 8, 5


class Findings(list[Finding]):
    """Findings in the order they became known, the longest timeframe first at one time.

    A slice is one again.
    """

    @overload
    def __getitem__(self, place: SupportsIndex) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> Findings: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Finding | Findings:
        found = super().__getitem__(place)
        return Findings(found) if isinstance(place, slice) else found  # type: ignore[arg-type, return-value]

    def patterns(self) -> pd.DataFrame:
        """Return the candlestick patterns.

        Returns
        -------
        pandas.DataFrame
            Columns `timeframe`, `pattern`, `direction`, `strength`, `bar_time`, `confirmed_at`;
            times are UTC.
        """
        return _frame(
            [one for one in self if isinstance(one, PatternFinding)],
            ("timeframe", "pattern", "direction", "strength"),
        )

    def structure(self) -> pd.DataFrame:
        """Return the facts of market structure.

        Returns
        -------
        pandas.DataFrame
            Columns `timeframe`, `id`, `kind`, `direction`, `status`, `price`, `top`, `bottom`
            (NaN where there are no edges), `numbers`, `bar_time`, `confirmed_at`; times are UTC.
        """
        return _frame(
            [one for one in self if isinstance(one, StructureFinding)],
            ("timeframe", "id", "kind", "direction", "status", "price", "top", "bottom", "numbers"),
        )

    def confluence(self) -> pd.DataFrame:
        """Return the confluence scores, one for each candle of the shortest timeframe.

        Returns
        -------
        pandas.DataFrame
            Columns `score`, `direction`, `rationale`, the votes of the terms by name (-1 to 1),
            `bar_time`, `confirmed_at`; times are UTC.
        """
        rows = [one for one in self if isinstance(one, ConfluenceFinding)]
        frame = _frame(rows, ("score", "direction", "rationale"))
        names = [term.name for term in rows[0].terms] if rows else []
        for place, name in enumerate(names):
            frame.insert(3 + place, name, [one.terms[place].value for one in rows])
        return frame

    def counts(self) -> dict[str, int]:
        """Return how many there are of each pattern and kind, most first."""
        names: Counter[str] = Counter()
        for one in self:
            if isinstance(one, PatternFinding):
                names[one.pattern] += 1
            elif isinstance(one, StructureFinding):
                names[name_of(one.kind, one.status)] += 1
            else:
                names["confluence"] += 1
        return dict(names.most_common())

    def __repr__(self) -> str:
        counts = list(self.counts().items())
        told = ", ".join(f"{name} {count:,}" for name, count in counts[:_SHOWN])
        more = f", and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
        return f"<Findings: {len(self):,}{': ' if told else ''}{told}{more}>"

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(repr(self))}</p>"]
        tables = {
            "patterns": self.patterns, "structure": self.structure, "confluence": self.confluence,
        }  # fmt: skip
        for name, table in tables.items():
            frame = table()
            if len(frame):
                head = frame.head(_ROWS).drop(columns="numbers", errors="ignore")
                parts.append(f"<p>.{name}(): {len(frame):,} rows</p>{head.to_html(index=False)}")
        return "".join(parts)


def _frame(rows: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {name: [getattr(one, name) for one in rows] for name in names}
    for name in ("price", "top", "bottom"):
        if name in columns:
            columns[name] = pd.Series(columns[name], dtype="float64")
    for name in ("bar_time", "confirmed_at"):
        times = pd.Series([getattr(one, name) for one in rows], dtype="int64")
        columns[name] = pd.to_datetime(times, unit="ms", utc=True).dt.as_unit("ms")
    return pd.DataFrame(columns)
