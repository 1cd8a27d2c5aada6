"""A backtest's account on a market that grows: candles come, orders fill, strategies decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.validate import require_sound
from workbench.engine.asked import demand
from workbench.engine.crew import Crew
from workbench.engine.driving import Kinds, kinds_of
from workbench.engine.failure import explain_failure
from workbench.engine.growing import Growing, stand_in
from workbench.engine.growing_counts import Counts
from workbench.engine.growing_market import GrowingMarket
from workbench.engine.growing_sight import Sights
from workbench.engine.live_driver import LiveDriver, empty_book
from workbench.engine.live_growth import LiveGrowth
from workbench.engine.live_parts import Parts, needs_whole, point
from workbench.engine.live_views import Gate
from workbench.engine.metrics import Performance
from workbench.engine.periods_met import PeriodsMet
from workbench.engine.python_driver import Failed
from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest


class LiveEngine(LiveGrowth):
    """Runs strategies over candles as they come; the results are those of a `BacktestEngine`.

    Candles are given by `candle` (whole), `candles` (many whole ones), or in parts: `begin`, any
    number of `within`, `end`. Candles of longer timeframes are given to `join` (or to `end`)
    before the candle of the shortest with whose close they are to be seen.

    Parameters
    ----------
    strategy
        The class, or several that share the account.
    history
        Closed candles by timeframe, the shortest is stepped on. They give indicators their values;
        nothing is traded on them. A timeframe may have none yet.
    strategy_params, settings, seed, names
        As of `BacktestEngine`.
    routed
        Orders are filled by a venue, told by `fill`, `fill_exit` and `refuse`, not by the rules.
    gate
        Looks at each entry at the close it was decided at.

    Attributes
    ----------
    listener
        Told at once, before the call returns: `wrote(row)` for each entry, exit and end of an order
        (rows as in `rules/layout.py`), `marked()` after each close, with the engine as it stood
        then.
    performance
        Running metrics, fed at each close.
    bar
        Candles closed, history included: the index of the next one.
    first
        Index of the session's first candle: how many the history had.
    strategies, names, timeframes, initial_capital, balance, open_positions, filled
        As of `BacktestEngine`.
    reason
        Says why an order was placed, see `workbench.engine.story.Reasons`; asked in `wrote`.
    warm
        Whether `next` has been called: every indicator has a value.
    """

    def __init__(
        self,
        strategy: Kinds,
        history: Mapping[str, Candles],
        *,
        strategy_params: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        seed: int | None = None,
        names: Sequence[str] | None = None,
        routed: bool = False,
        gate: Gate | None = None,
    ) -> None:
        self.settings = settings = settings or Settings()
        settings.check()
        demand("history", len(history), "at least one timeframe", bool(history))
        given = sorted(history.values(), key=lambda one: one.timeframe)
        for one in given:
            require_sound(one)
        self._grown = {one.timeframe.name: Growing(one) for one in given}
        self.timeframes = list(self._grown)
        self._base = next(iter(self._grown.values()))
        self.first = first = self._base.count
        performance = Performance.over(self._base.since(first), float(settings.initial_capital))
        self._periods = PeriodsMet(self._base.candles)
        super().__init__(performance, first, self._periods.ends)
        self.routed = routed
        self._market = GrowingMarket(self._base, settings)
        self._counts = Counts(self._grown)
        self._driver = LiveDriver(self._market, empty_book(self._market, settings, routed), gate)
        self.reason = self._driver.reason
        self._parts = Parts(0, 0.0)
        if first:
            self._quote = self._market.close(first - 1)
        self._board(kinds_of(strategy), given, strategy_params or {}, names, seed)

    def _board(
        self, kinds: Any, given: Sequence[Candles], params: Mapping[str, Any],
        names: Sequence[str] | None, seed: int | None,
    ) -> None:  # fmt: skip
        check = self.settings.check_lookahead
        empty = [one.timeframe.name for one in given if not len(one)]
        shown = [one if len(one) else stand_in(one) for one in given]
        crew = Crew(kinds, shown, params, names)
        crew.trials.update(empty)
        crew.board(self._driver, seed, check)
        self.strategies, self.names = crew.strategies, crew.names
        self._sights = Sights(crew, self._grown, self._counts.columns, empty, check)
        self._know()
        self._driver.show([self.first, *self._counts.at(self.first)])

    # --- what can be asked ------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether a candle has begun and not ended."""
        return self._open

    # --- a candle, in parts or whole ----------------------------------------------------------

    def begin(self, time: int, bid: float, ask: float | None = None) -> None:
        """Open a candle of the shortest timeframe: what is due at its open fills now.

        Parameters
        ----------
        time
            Its open time, epoch ms, UTC.
        bid, ask
            The first price; the ask is the bid plus ``settings.spread`` when left out.

        Raises
        ------
        InvalidRequest
            The settings need candles as a whole, see `needs_whole`.
        """
        why = needs_whole(self.settings)
        if why is not None and not self.routed:
            raise InvalidRequest(why, field="convention", value="trades", allowed="whole candles")
        here = point(time, bid)
        self._begin(here, self._market.both(here, None if ask is None else point(time, ask)))

    def _begin(self, bid: Bar, ask: Bar) -> None:
        if self._open:
            raise self._unended()
        self._base.check(bid.time)
        self._market.open(bid, ask)
        self._driver.rebind()
        self._open, self._parts = True, Parts(bid.time, bid.open)
        self._quote = (bid.open, ask.open)
        self._end_period()
        if not self.routed:
            self._driver.begin_bar()
        self._take_rows()

    def within(self, bid: Bar, ask: Bar | None = None) -> None:
        """Take the next part of the candle, such as a trade (open = high = low = close).

        Stops, targets, limits and trails are looked at now; `time` and `volume` do not count.
        """
        if not self._open:
            raise RuntimeError("No candle is open: call begin()")
        self._part(bid, self._market.both(bid, ask))

    def _part(self, bid: Bar, ask: Bar) -> None:
        self._parts.add(bid)
        self._quote = (bid.close, ask.close)
        self._driver.part(bid, ask, self.routed)
        self._take_rows()

    def join(self, timeframe: str, bar: Bar) -> None:
        """Take a closed candle of a longer timeframe; it is seen from the next `end` on."""
        grown = self._longer(timeframe)
        grown.reserve(1)
        grown.append(bar, bar if "ask_open" in grown.names else None)

    def end(
        self, bar: Bar, longer: Mapping[str, Bar] | None = None, ask: Bar | None = None
    ) -> None:
        """Close the candle: it and the longer ones are seen, and the strategies decide.

        What no part has told of it (a high or low beyond theirs, another close; without any part,
        all of it) is taken as its last part.

        Raises
        ------
        StrategyError
            `next` raised, or an indicator.
        """
        if not self._open:
            raise RuntimeError("No candle is open: call begin()")
        for name, one in (longer or {}).items():
            self.join(name, one)
        ask = self._market.both(bar, ask)
        rest = self._parts.rest(bar, ask)
        if rest is not None:
            self._part(*rest)
        self._market.tell(bar, ask)
        if not self.routed:
            self._driver.end_bar()
        self._take_rows()
        self._open = False
        self._base.append(bar, ask)
        self._see(self.bar)
        self._driver.decide(self.bar)
        equity = self._driver.broker.equity(self.bar)
        self._take_rows()
        self._tell_one(equity)
        self._check()

    def candle(
        self, bar: Bar, longer: Mapping[str, Bar] | None = None, ask: Bar | None = None
    ) -> None:
        """Take a whole candle: the same to the last bit as a step of a backtest."""
        ask = self._market.both(bar, ask)
        self._begin(bar, ask)
        self.end(bar, longer, ask)

    def candles(
        self,
        bars: Candles | Sequence[Bar],
        longer: Mapping[str, Candles | Sequence[Bar]] | None = None,
    ) -> None:
        """Take many whole candles: the same as one by one, at about a backtest's speed.

        Longer ones are seen with the first close at or after their end. An indicator is computed
        once for all, and looked at for lookahead (`Settings.check_lookahead`).

        Raises
        ------
        LookAhead, StrategyError
            An indicator depends on later candles; `next` raised.
        """
        if self._open:
            raise self._unended()
        demand("candles", len(bars), "at least one", len(bars) > 0)
        for name, some in (longer or {}).items():
            grown = self._longer(name)
            more = some if isinstance(some, Candles) else grown.of_bars(some)
            grown.reserve(len(more))
            grown.extend(more)
        many = bars if isinstance(bars, Candles) else self._base.of_bars(bars)
        if self.routed:
            raise InvalidRequest(
                "Fills are routed, and cannot come while many candles pass at once: give these one "
                "by one", field="candles", value=len(many), allowed="candle()",
            )  # fmt: skip
        start = self.bar
        self._take(many)
        end = self._base.count
        equities, rows = self._driver.run_bulk(start, end)
        self._quote = self._market.close(end - 1)
        self._driver.show([end, *self._counts.at(end)])
        self._tell(equities, rows)
        self._check()

    def _check(self) -> None:
        if self._driver.failed is not None:
            self._blame(self._driver.failed)

    def _blame(self, failed: Failed) -> NoReturn:
        name, when = type(self.strategies[failed.strategy]).__name__, self.time(self.bar - 1)
        raise explain_failure(failed.error, name, "next", when) from failed.error
