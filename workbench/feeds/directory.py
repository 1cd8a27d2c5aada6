"""Which feed serves a symbol: what is asked for, what is configured, and what works offline."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import InvalidRequest, UnknownSymbol
from workbench.feeds import checking
from workbench.feeds.spec import DEFAULT_TIMEFRAMES, FeedSpec
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    from workbench.data import SymbolInfo

LIKE = 0.75
"""How alike a symbol must be to be meant."""
SYMBOL = "[A-Za-z0-9][A-Za-z0-9._/:-]*"
SYMBOLS = "letters, digits and . _ - / :, a letter or digit first"
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
            self._configure(pattern, "SYMBOL", tried=True)

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
            if not re.fullmatch(SYMBOL, symbol.strip()):
                msg = f"symbol is {symbol[:80]!r}, expected {SYMBOLS}"
                raise InvalidRequest(
                    msg, field="symbol", value=symbol[:80], allowed=SYMBOLS
                ) from None
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
        if symbol in self._configured:
            return self._configure(symbol, symbol)
        for pattern in self._configured:
            if fnmatchcase(symbol, pattern):
                return self._configure(pattern, symbol)
        return FeedSpec(symbol=self._known(symbol).symbol, timeframes=self._timeframes)

    def complete(self, request: FeedSpec, given: Collection[str]) -> FeedSpec:
        """Return a request as a checked spec.

        Parameters
        ----------
        request
            What was asked for.
        given
            The fields that were: of a request without `feed`, the others are those of the feed
            that serves the symbol.

        Raises
        ------
        UnknownSymbol
            No feed serves the symbol, or it is to be replayed and there are no candles of it.
        InvalidRequest
            Or one of its kinds; `details` names `field`, `value` and `allowed`.
        """
        from workbench.data import catalog

        symbol = self.canonical(request.symbol)
        wanted = {name: getattr(request, name) for name in FeedSpec.__struct_fields__}
        if "feed" in given:
            wanted |= {"symbol": symbol}
            if "timeframes" not in given:
                wanted["timeframes"] = self._usual(checking.spec_of(request, symbol=symbol))
        else:
            usual = self.spec_for(symbol)
            asked = {name: wanted[name] for name in wanted if name in given and name != "symbol"}
            wanted = msgspec.structs.asdict(usual) | asked
        spec = checking.checked(FeedSpec(**wanted))
        if spec.feed == "replay" and spec.path is None:
            known = self._known(symbol)
            lengths = catalog.check_timeframes(known.symbol, spec.timeframes, self._candles)
            names = [each.canonical.name for each in lengths]
            return msgspec.structs.replace(spec, timeframes=names)
        return spec

    def _known(self, symbol: str) -> SymbolInfo:
        """Return a symbol of the catalogue; `UnknownSymbol` says how a feed could serve others."""
        from workbench.data import catalog

        try:
            return catalog.find(symbol, self._candles)
        except UnknownSymbol as error:
            names = [info.symbol for info in catalog.symbols(self._candles)]
            near = difflib.get_close_matches(symbol.upper(), names, 1, LIKE)
            hint = f" Did you mean {near[0]}?" if near else ""
            msg = (
                f"No feed serves {symbol!r}: there are candles of {', '.join(names)}.{hint} Of "
                "other symbols ask for one by name: feed synthetic generates prices of any, "
                "exchange follows one of an exchange, replay tells candles that were imported"
            )
            raise UnknownSymbol(msg, field="symbol", value=symbol, allowed=names) from error

    def _usual(self, spec: FeedSpec) -> list[str]:
        """Return the timeframes of a feed for which none are named."""
        if spec.feed != "replay" or spec.path is not None:
            return self._timeframes
        stored = self._known(spec.symbol).timeframes[0]
        base = Timeframe.parse(stored)
        return [name for name in (stored, *USUAL) if base.builds(Timeframe.parse(name))]

    def _configure(self, pattern: str, symbol: str, *, tried: bool = False) -> FeedSpec:
        fields = {**self._configured[pattern], "symbol": symbol}
        try:
            spec = msgspec.convert(fields, FeedSpec)
            if "timeframes" not in fields:
                names = self._timeframes if tried else self._usual(spec)
                spec = msgspec.structs.replace(spec, timeframes=names)
            return checking.checked(spec)
        except msgspec.ValidationError as error:
            msg = f"feeds[{pattern!r}] cannot be a feed: {error}"
            raise InvalidRequest(
                msg, field="feeds", value=pattern, allowed=sorted(FeedSpec.__struct_fields__)
            ) from None
        except InvalidRequest as error:
            msg = f"feeds[{pattern!r}] cannot be a feed: {error.message}"
            raise type(error)(msg, **error.details) from None
