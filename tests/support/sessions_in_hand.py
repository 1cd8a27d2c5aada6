"""Sessions without a process: given inputs, and what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.messages import Message
from workbench.runs.spec import RunSpec
from workbench.timeframes import Timeframe
from workbench.trading.brokering import Command, Rules
from workbench.trading.inputs import Bars, Input, Passed, Ticks
from workbench.trading.session import Session
from workbench.trading.spec import LiveSettings

LONG = 1 << 60


class InHand:
    """A session and what it has said.

    Attributes
    ----------
    said, commands
        Messages, and what it asked of a broker.
    """

    def __init__(
        self,
        kinds: Any,
        symbols: Sequence[str] = ("TEST",),
        timeframes: Sequence[str] = ("15M",),
        *,
        live: Mapping[str, Any] = {},
        histories: Mapping[str, Mapping[str, Candles]] = {},
        real_time: bool = False,
        at: int = 0,
        params: Mapping[str, Any] = {},
        seed: int | None = 1,
        rules: Mapping[str, Rules] | None = None,
        **settings: Any,
    ) -> None:
        given = list(kinds) if isinstance(kinds, (list, tuple)) else [kinds]
        spec = RunSpec(
            symbol=symbols[0], timeframes=list(timeframes), start_date="", end_date="",
            strategy_ids=[one.__name__ for one in given], strategy_params=dict(params), seed=seed,
            live=msgspec.convert({"symbols": list(symbols), **live}, LiveSettings), **settings,
        )  # fmt: skip
        self.said: list[Message] = []
        self.commands: list[Command] = []
        self.session = Session(
            spec, "live_1", given, histories,
            sources={symbol: ("test", True) for symbol in symbols}, real_time=real_time,
            rules=rules, emit=self.said.append, route=self.commands.append,
        )  # fmt: skip
        self.session.begin(at)

    def take(self, given: Iterable[Input]) -> InHand:
        """Give it inputs."""
        for one in given:
            self.session.take(one)
        return self

    def of(self, kind: str) -> list[Any]:
        """Return its messages of a type."""
        return [one for one in self.said if one.type == kind]

    def lines(self) -> list[bytes]:
        """Return its messages as they are on the wire."""
        return [msgspec.json.encode(one) for one in self.said]


def candles_in(candles: Candles, symbol: str = "TEST", many: int = 1) -> Iterator[Bars]:
    """Give closed candles, so many at a time."""
    rows = [(*bar, True) for bar in bars_of(candles)]
    for start in range(0, len(rows), many):
        some = rows[start : start + many]
        yield Bars(some[-1][0] + candles.timeframe.ms, symbol, some)


def trades_in(inside: Candles, symbol: str = "TEST") -> Iterator[Input]:
    """Give a trade at the open of each candle, and let time pass to the end of the last."""
    for time, price, size in zip(
        inside.time.tolist(), inside.open.tolist(), inside.volume.tolist(), strict=True
    ):
        yield Ticks(time, symbol, [(time, price, size, None)])
    end = int(inside.time[-1]) + inside.timeframe.ms
    yield Passed(end, symbol, end)


def timeframes_of(candles: Candles, *longer: str) -> dict[str, Candles]:
    """Return candles with longer ones made of them, by timeframe."""
    made = {name: resample(candles, Timeframe.parse(name)) for name in longer}
    return {candles.timeframe.name: candles, **made}
