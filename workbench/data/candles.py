"""Candles of one symbol and timeframe, as columns."""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import InvalidCandles
from workbench.messages import iso_time
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    import pandas as pd

Times = NDArray[np.int64]
Floats = NDArray[np.float64]

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
ASKS = ("ask_open", "ask_high", "ask_low", "ask_close")

TOLERANCE = 1e-9
"""How far, as a fraction of it, a price may be on the wrong side of another: rounding."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Candles:
    """Candles as columns of equal length; the columns are read-only.

    Where there are ask columns, open, high, low and close are the bid's, and what does not trade
    (charts, indicators) goes by these alone.

    Attributes
    ----------
    symbol
        What is traded, such as ``EUR-USD``.
    timeframe
        Length of a candle.
    time
        Open times: epoch milliseconds, UTC, int64, shape (n,), strictly rising.
    open, high, low, close
        Prices in the quote currency, float64, shape (n,).
    volume
        Traded units or ticks, as the source counts them, float64, shape (n,).
    source
        Where they come from, for people.
    synthetic
        Whether they were generated and never traded.
    ask_open, ask_high, ask_low, ask_close
        Prices at which one buys, float64, shape (n,): all four, or None.

    Raises
    ------
    InvalidCandles
        The columns differ in length, times do not rise strictly, some ask columns are missing,
        or an ask is below its bid at an open or close; `details` has the first 100 `rows`.
    """

    symbol: str
    timeframe: Timeframe
    time: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    source: str
    synthetic: bool = False
    ask_open: Floats | None = None
    ask_high: Floats | None = None
    ask_low: Floats | None = None
    ask_close: Floats | None = None

    def __post_init__(self) -> None:
        given = [name for name in ASKS if getattr(self, name) is not None]
        if given and len(given) < len(ASKS):
            lacking = ", ".join(name for name in ASKS if name not in given)
            msg = f"{self.symbol} has {', '.join(given)} but not {lacking}: give all four or none"
            raise InvalidCandles(msg, field="columns", value=given, allowed=list(ASKS))
        object.__setattr__(self, "time", _frozen(self.time, np.int64))
        for name in self.names[1:]:
            object.__setattr__(self, name, _frozen(getattr(self, name), np.float64))
        lengths = {name: len(getattr(self, name)) for name in self.names}
        if len(set(lengths.values())) > 1:
            msg = f"The columns of {self.symbol} differ in length: {lengths}"
            raise InvalidCandles(msg, field="columns", value=lengths, allowed="equal lengths")
        falls = np.flatnonzero(np.diff(self.time) <= 0)
        if len(falls):
            row = int(falls[0]) + 1
            when = iso_time(int(self.time[row]))
            msg = f"Times of {self.symbol} must rise strictly, candle {row} at {when} does not"
            raise InvalidCandles(msg, field="time", value=when, allowed="rising", rows=[row])
        self._check_spread()

    def _check_spread(self) -> None:
        if self.ask_open is None or self.ask_close is None:
            return
        bid, ask = (self.open, self.close), (self.ask_open, self.ask_close)
        rows = np.flatnonzero(crossed_spread(bid, ask))
        if len(rows):
            row = int(rows[0])
            when = iso_time(int(self.time[row]))
            msg = (
                f"The ask of {self.symbol} is below its bid in {len(rows):,} candles, first row "
                f"{row} at {when} (bid {bid[0][row]} to {bid[1][row]}, ask {ask[0][row]} to "
                f"{ask[1][row]}): are bid and ask swapped?"
            )
            numbers = rows[:100].tolist()
            raise InvalidCandles(msg, field="ask", value=when, allowed="ask >= bid", rows=numbers)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are: time, the values and, where there are any, the asks."""
        return ("time", *VALUES, *(ASKS if self.has_ask else ()))

    @property
    def has_ask(self) -> bool:
        """Whether there are ask columns."""
        return self.ask_open is not None

    def __len__(self) -> int:
        return len(self.time)

    def __repr__(self) -> str:
        head = f"<Candles {self.symbol} {self.timeframe}: {len(self):,}"
        if len(self):
            head += f", {iso_time(int(self.time[0]))} to {iso_time(int(self.time[-1]))}"
        return f"{head}, {self.source}>"

    def slice(self, start_ms: int, end_ms: int) -> Candles:
        """Return the candles that open in [start_ms, end_ms), epoch ms UTC, as views."""
        first, last = np.searchsorted(self.time, [start_ms, end_ms], side="left")
        return self[int(first) : max(int(first), int(last))]

    def __getitem__(self, part: builtins.slice) -> Candles:
        """Return the candles at positions `part`, which steps forward, as views."""
        columns = {name: getattr(self, name)[part] for name in self.names}
        return self.replace(**columns)

    def replace(self, **changes: Any) -> Candles:
        """Return a copy with some attributes changed."""
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Candles(**(kept | changes))

    def to_frame(self) -> pd.DataFrame:
        """Return columns open, high, low, close, volume under a UTC index named ``time``.

        Where there are ask columns, they follow under their own names.
        """
        import pandas as pd

        index = pd.DatetimeIndex(self.time.astype("datetime64[ms]"), name="time").tz_localize("UTC")
        columns = {name: getattr(self, name).copy() for name in self.names[1:]}
        return pd.DataFrame(columns, index=index)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        symbol: str,
        timeframe: Timeframe | str,
        source: str = "pandas DataFrame",
        synthetic: bool = False,
    ) -> Candles:
        """Make candles of a DataFrame.

        Parameters
        ----------
        frame
            Columns open, high, low, close and, if there is one, volume, in any case of
            letters; times in the index or in a column named time, date, datetime or
            timestamp. Times without a zone are UTC; whole numbers are epoch ms. With bid and
            ask, the four of each as bid_open, bidopen, bidO (open, ... will do for the bid) and
            ask_open, askopen, askO.
        symbol, timeframe, source, synthetic
            As of `Candles`.

        Raises
        ------
        InvalidCandles
            A column is missing, times are missing, unreadable or not rising, or an ask is below
            its bid.
        """
        # The bid's own columns last: they win over others of the same name.
        ordered = sorted(frame.columns, key=lambda name: plain_name(name) != str(name).lower())
        columns = {plain_name(name): frame[name] for name in ordered}
        asks = [name for name in ASKS if name in columns]
        missing = [name for name in PRICES if name not in columns]
        if missing:
            msg = f"The frame lacks {', '.join(missing)}; it has {', '.join(columns) or 'nothing'}"
            raise InvalidCandles(msg, field="columns", value=list(columns), allowed=list(VALUES))
        named = next((n for n in ("time", "datetime", "timestamp", "date") if n in columns), None)
        return cls(
            symbol=symbol,
            timeframe=Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe,
            time=_epoch_ms(frame.index if named is None else columns[named]),
            **{name: columns[name].to_numpy(np.float64) for name in PRICES},
            volume=columns["volume"].to_numpy(np.float64)
            if "volume" in columns
            else np.zeros(len(frame)),
            **{name: columns[name].to_numpy(np.float64) for name in asks},
            source=source,
            synthetic=synthetic,
        )


def crossed_spread(bid: Sequence[Any], ask: Sequence[Any]) -> NDArray[np.bool_]:
    """Mark the candles whose ask is below the bid at the open (first column) or close (last)."""
    with np.errstate(invalid="ignore"):
        at_open = ask[0] < bid[0] * (1 - TOLERANCE)
        marks: NDArray[np.bool_] = at_open | (ask[-1] < bid[-1] * (1 - TOLERANCE))
        return marks


_SIDED = re.compile(r"(bid|ask)[^a-z0-9]*(o|h|l|c|open|high|low|close)(?:price)?")
_BY_LETTER = {name[0]: name for name in PRICES}


def plain_name(name: object) -> str:
    """Return a column's name in one way: ``BidOpen``, ``bid_o`` as open, ``askO`` as ask_open."""
    text = str(name).strip().lower()
    match = _SIDED.fullmatch(text)
    if match is None:
        return text
    price = _BY_LETTER[match[2][0]]
    return price if match[1] == "bid" else f"ask_{price}"


def _frozen(column: Any, dtype: type[np.generic]) -> NDArray[Any]:
    array = np.asarray(column, dtype=dtype)
    if array.flags.writeable:
        # A view would still change under the caller's hands.
        array = array.copy()
        array.flags.writeable = False
    return array


def _epoch_ms(times: Any) -> Times:
    import pandas as pd

    if pd.api.types.is_integer_dtype(times.dtype):
        if isinstance(times, pd.RangeIndex):
            msg = "The frame has no times: give it a DatetimeIndex or a column named time"
            raise InvalidCandles(msg, field="time", value="RangeIndex", allowed="DatetimeIndex")
        return np.asarray(times, dtype=np.int64)
    try:
        index = pd.DatetimeIndex(pd.to_datetime(times, utc=True))
    except (ValueError, TypeError) as error:
        msg = f"The frame's times cannot be read: {error}"
        raise InvalidCandles(msg, field="time", allowed="datetimes or epoch ms") from error
    empty = np.flatnonzero(index.isna())
    if len(empty):
        rows = [int(row) for row in empty[:5]]
        msg = f"The frame has no time in rows {rows}"
        raise InvalidCandles(msg, field="time", value="NaT", allowed="datetimes", rows=rows)
    return np.asarray(index.as_unit("ms").asi8, dtype=np.int64)
