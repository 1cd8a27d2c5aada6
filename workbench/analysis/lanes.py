"""One timeframe of a market: its candles checked, and what detectors see in them."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Finding
from workbench.analysis.patterns.detector import PatternDetector
from workbench.analysis.running import RunningRsi
from workbench.analysis.structure.detector import StructureDetector
from workbench.analysis.structure.settings import StructureSettings
from workbench.errors import InvalidCandles
from workbench.messages import iso_time
from workbench.timeframes import Timeframe


class Lane:
    """The detectors of one timeframe.

    Parameters
    ----------
    timeframe
        Of the candles, such as ``1H``.
    patterns
        Names of candlestick patterns; None for the default ones.
    settings
        What counts as structure.

    Attributes
    ----------
    structure, patterns, rsi
        What the confluence score asks: market structure, candlestick patterns, and the relative
        strength index of the closes.

    Raises
    ------
    InvalidRequest
        A pattern is unknown.
    UnknownTimeframe
        `timeframe` is not one.
    """

    def __init__(
        self,
        timeframe: str,
        patterns: Iterable[str] | None = None,
        settings: StructureSettings | None = None,
    ) -> None:
        parsed = Timeframe.parse(timeframe)
        self.timeframe, self.ms, self._grid = timeframe, parsed.ms, parsed.offset_ms
        self.structure = StructureDetector(timeframe, settings)
        self.patterns = PatternDetector(timeframe, patterns)
        self.rsi = RunningRsi()
        self._last: int | None = None

    def closed(self, bar: Bar) -> list[Finding]:
        """Take the next closed candle.

        Raises
        ------
        InvalidCandles
            Its prices are no numbers, break the order low to high, it opens off the grid of its
            timeframe, or it does not come after the one before; nothing has been made of it then.
        """
        self._check(bar)
        self._last = bar.time
        self.rsi.update(bar.close)
        return [*self.patterns.update(bar), *self.structure.update(bar)]

    def forming(self, bar: Bar) -> list[Finding]:
        """Look at a candle that still grows.

        Raises
        ------
        InvalidCandles
            As of `closed`.
        """
        self._check(bar)
        return list(self.patterns.peek(bar))

    def _check(self, bar: Bar) -> None:
        time, opened, high, low, close, _ = bar
        # Also false where one is not a number.
        if not (low <= opened <= high and low <= close <= high and high - low < float("inf")):
            prices = {"open": opened, "high": high, "low": low, "close": close}
            text = f"The {self.timeframe} candle at {iso_time(time)} is none: {prices}"
            allowed = "low <= open, close <= high, all of them finite"
            raise InvalidCandles(text, field="prices", value=str(prices), allowed=allowed)
        if (time - self._grid) % self.ms:
            text = (
                f"The {self.timeframe} candle at {iso_time(time)} does not open on the grid of its "
                f"timeframe (UTC): when it closes is not known"
            )
            allowed = f"multiples of {self.timeframe}, UTC"
            raise InvalidCandles(text, field="time", value=iso_time(time), allowed=allowed)
        last = self._last
        if last is not None and time <= last:
            text = (
                f"The {self.timeframe} candle at {iso_time(time)} comes after the one at "
                f"{iso_time(last)}: closed candles go by once and in order of time"
            )
            allowed = f"after {iso_time(last)}"
            raise InvalidCandles(text, field="time", value=iso_time(time), allowed=allowed)
