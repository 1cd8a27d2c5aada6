"""What the stream of a market costs: candles out of trades, and all that is found on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

from tests.benchmarks.measuring import Row, alternate, cpu_of_call
from workbench.analysis.detecting import Analysis
from workbench.data.aggregate import Aggregator
from workbench.data.bars import Bar, bars_of
from workbench.data.synthetic import btc_usd
from workbench.feeds.pipeline import Pipeline
from workbench.feeds.source import BarUpdate, Item, Moment, Tick
from workbench.feeds.spec import FeedSpec
from workbench.feeds.walk import Walk
from workbench.messages import encode

TITLE = "Market data"
TIMEFRAMES = ["15M", "1H", "4H"]
SYMBOLS = 200
FIRST_MINUTE = 28_000_000
ASKED_US = 100.0


class Nothing:
    """An analysis that finds nothing: what is left is the way there."""

    def closed(self, timeframe: str, bar: Bar) -> Sequence[object]:
        return ()

    def forming(self, timeframe: str, bar: Bar) -> Sequence[object]:
        return ()


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    times = 2 if quick else 7
    minutes = 30 if quick else 240
    count = 2_000 if quick else 20_000
    walk = Walk("BTC-USD", 0, 45_000.0)
    trades = [t for minute in range(minutes) for t in walk.trades(FIRST_MINUTE + minute)]
    bars = bars_of(btc_usd()[:count])
    kinds = analyses()
    calls: dict[str, Callable[[], object]] = {
        "trade": lambda: aggregate_trades(trades),
        "bar": lambda: aggregate_bars(bars),
    }
    for name, make in kinds.items():
        calls[f"pipeline, {name}"] = lambda make=make: through(make, bars)
    taken = alternate(calls, times)
    rows = [
        Row("a trade into 1M, 15M and 1H candles", us(taken["trade"], trades), None, "us CPU"),
        Row("a closed 15M candle into 1H and 4H", us(taken["bar"], bars), None, "us CPU"),
    ]
    for name in kinds:
        whole = name != "nothing found"
        rows.append(
            Row(
                f"a closed 15M candle on 15M, 1H and 4H, as encoded messages: {name}",
                us(taken[f"pipeline, {name}"], bars),
                ASKED_US if whole else None,
                "us CPU",
                "asked: at most" if whole else "",
            )
        )
    name, make = list(kinds.items())[-1]
    return [*rows, many_symbols(name, make, 1 if quick else 5)]


def many_symbols(name: str, make: Callable[[list[str]], Analysis], minutes: int) -> Row:
    """Return what a second of `SYMBOLS` markets takes, their growing candles included."""
    timeframes = ["1M", "15M", "1H"]
    pipelines, items = [], []
    for number in range(SYMBOLS):
        symbol = f"S{number}"
        spec = FeedSpec(symbol=symbol, timeframes=timeframes)
        pipelines.append(Pipeline(spec, make(timeframes), tell=teller()))
        items.append(minutes_of(Walk(symbol, 0, 100.0), FIRST_MINUTE, minutes + 2))
    for pipeline, (before, _) in zip(pipelines, items, strict=True):
        pipeline.take(before)
    told = 0

    def run() -> None:
        nonlocal told
        for pipeline, (_, now) in zip(pipelines, items, strict=True):
            told += len([encode(message) for message in pipeline.take(now)])

    seconds = 60 * minutes
    cost = cpu_of_call(run) / seconds
    ticks = sum(len(now) for _, now in items) / seconds
    note = f"{ticks:,.0f} trades/s in, {told / seconds:,.0f} messages/s out"
    what = f"a second of {SYMBOLS} symbols on 1M, 15M and 1H: {name}"
    return Row(what, 1000 * cost, 1000.0, "ms CPU", "asked: one core in real time", note)


def minutes_of(walk: Walk, first: int, count: int) -> tuple[list[Item], list[Item]]:
    """Return two minutes that warm up, and those after them."""
    items: list[Item] = []
    for minute in range(first, first + count):
        items += [*walk.trades(minute), Moment(60_000 * (minute + 1))]
    warm = next(at for at, one in enumerate(items) if one.time >= 60_000 * (first + 2))
    return items[:warm], items[warm:]


def analyses() -> dict[str, Callable[[list[str]], Analysis]]:
    """Return what may look at candles; the last is the whole."""
    found: dict[str, Callable[[list[str]], Analysis]] = {"nothing found": lambda names: Nothing()}
    if find_spec("workbench.analysis.market") is not None:
        from workbench.analysis.market import MarketAnalysis

        found["default patterns, structure, confluence"] = lambda names: MarketAnalysis("X", names)
    return found


def teller() -> Callable[..., object] | None:
    """Return what makes messages of findings, None for the usual one."""
    return None if find_spec("workbench.analysis.telling") else lambda *finding: None


def aggregate_trades(trades: list[Tick]) -> None:
    """Make candles of trades."""
    take = Aggregator(["1M", "15M", "1H"]).trade
    for trade in trades:
        take(*trade)


def aggregate_bars(bars: list[Bar]) -> None:
    """Make longer candles."""
    take = Aggregator(TIMEFRAMES).candle
    for bar in bars:
        take(bar, True)


def through(make: Callable[[list[str]], Analysis], bars: list[Bar]) -> None:
    """Take candles the whole way, to the bytes that are published."""
    spec = FeedSpec(symbol="BTC-USD", timeframes=TIMEFRAMES, feed="replay")
    pipeline = Pipeline(spec, make(TIMEFRAMES), tell=teller())
    for bar in bars:
        for message in pipeline.take([BarUpdate("15M", bar, True)]):
            encode(message)


def us(seconds: float, of: Sequence[object]) -> float:
    """Return microseconds for each."""
    return 1e6 * seconds / len(of)
