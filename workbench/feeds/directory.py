"""Which feed serves a symbol: what is asked for, what is configured, and what works offline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import InvalidRequest, UnknownSymbol
from workbench.feeds import checking
from workbench.feeds.spec import DEFAULT_TIMEFRAMES, FeedSpec
from workbench.timeframes import Timeframe

USUAL = ("15M", "1H", "4H", "1D")
"""Of a replay of stored candles, beside what is stored."""


class Directory:
    """The feeds a server has for symbols.

    Parameters
    ----------
    candles
        Folder of the candle store: what it has are known symbols, beside the samples.
    configured
        By symbol, or a pattern of it such as ``*-USDT``, what its feed is to be: fields of
        FeedSpec without `symbol`. A symbol goes before patterns, those by their order.
    timeframes
        Of feeds for which none are named.

    Raises
    ------
    InvalidRequest
        What is configured cannot be a feed; `details` names `field`, `value` and `allowed`.
    """

    def __init__(
        self,
        candles: Path,
        configured: Mapping[str, Mapping[str, Any]] | None = None,
        timeframes: list[str] | None = None,
    ) -> None:
        self._candles = candles
        self._timeframes = checking.timeframes(list(timeframes or DEFAULT_TIMEFRAMES))
        self._configured = dict(configured or {})
        for pattern in self._configured:
            self._configure(pattern, "SYMBOL")

    def canonical(self, symbol: str) -> str:
        """Return a symbol as the catalogue writes it; ``btc/usd`` is ``BTC-USD``.

        Raises
        ------
        InvalidRequest
            It cannot be the name of a stream.
        """
        from workbench.data import catalog

        try:
            return catalog.find(symbol, self._candles).symbol
        except UnknownSymbol:
            name = re.sub(r"[/:]", "-", symbol.strip()).upper()
            checking.check_name(name)
            return name

    def spec_for(self, symbol: str) -> FeedSpec:
        """Return what the feed of a symbol is unless somebody asks for another.

        Parameters
        ----------
        symbol
            As `canonical` writes it.

        Raises
        ------
        UnknownSymbol
            Nothing is configured for it, and the catalogue does not have it.
        """
        from workbench.data import catalog

        if symbol in self._configured:
            return self._configure(symbol, symbol)
        for pattern in self._configured:
            if fnmatchcase(symbol, pattern):
                return self._configure(pattern, symbol)
        known = catalog.find(symbol, self._candles)
        return FeedSpec(symbol=known.symbol, timeframes=self._timeframes)

    def complete(self, request: FeedSpec) -> FeedSpec:
        """Return a request as a checked spec.

        Raises
        ------
        UnknownSymbol
            It is a feed of generated or stored prices, and the catalogue has no such symbol.
        InvalidRequest
            Or one of its kinds; `details` names `field`, `value` and `allowed`.
        """
        from workbench.data import catalog

        symbol = self.canonical(request.symbol)
        names, left_out = request.timeframes, request.timeframes == list(DEFAULT_TIMEFRAMES)
        if left_out:
            names = self._timeframes
        if request.feed != "exchange" and request.path is None:
            known = catalog.find(symbol, self._candles)
            if request.feed == "replay":
                usual = [*known.timeframes[:1], *USUAL] if left_out else names
                names = _stored(known.symbol, usual, self._candles, left_out)
        return checking.checked(checking.spec_of(request, symbol=symbol, timeframes=names))

    def _configure(self, pattern: str, symbol: str) -> FeedSpec:
        fields = {"timeframes": self._timeframes, **self._configured[pattern], "symbol": symbol}
        try:
            return checking.checked(msgspec.convert(fields, FeedSpec))
        except msgspec.ValidationError as error:
            msg = f"feeds[{pattern!r}] cannot be a feed: {error}"
            raise InvalidRequest(
                msg, field="feeds", value=pattern, allowed=sorted(FeedSpec.__struct_fields__)
            ) from None
        except InvalidRequest as error:
            msg = f"feeds[{pattern!r}] cannot be a feed: {error.message}"
            raise type(error)(msg, **error.details) from None


def _stored(symbol: str, names: list[str], candles: Path, left_out: bool) -> list[str]:
    """Return the timeframes that stored candles have; of those nobody asked for, some."""
    from workbench.data import catalog

    if not left_out:
        return [each.name for each in catalog.check_timeframes(symbol, names, candles)]
    base = Timeframe.parse(names[0])
    return [name for name in names if base.builds(Timeframe.parse(name))]
