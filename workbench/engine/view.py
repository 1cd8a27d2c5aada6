"""The candles and indicators of one timeframe, as far as a strategy may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from workbench.analysis.indicators import by_name
from workbench.analysis.series import Clock, Series, renew, whole
from workbench.analysis.structure.settings import StructureSettings
from workbench.data.candles import Candles
from workbench.engine.declaring import Declaration, Extent, compute, started
from workbench.engine.insight import Insight
from workbench.engine.readings import OwnReading, PatternReading, StructureReading
from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.timeframes import Timeframe


class View:
    """One timeframe: its columns as series, and its indicators.

    Attributes
    ----------
    timeframe
        Name, such as ``4H``.
    declared, declarations
        The indicators, in order of declaration, and how they were declared.
    clock
        How many candles have closed by now.
    insight
        What detectors see in the run's candles up to now.
    structure_settings
        What counts as structure.
    asked
        The strategy asked for it in `init`, so it waits for a closed candle.
    sealed
        `init` is over: no further indicators.
    trial
        The candles are no real ones: what is incremental does not get to see them.
    """

    def __init__(
        self,
        candles: Candles,
        clock: Clock | None = None,
        insight: Insight | None = None,
        structure_settings: StructureSettings | None = None,
    ) -> None:
        self.timeframe = candles.timeframe.name
        self.candles = candles
        self._extent = Extent(len(candles), candles.timeframe)
        self.clock = clock or Clock()
        self.insight = insight or Insight([(candles, self.clock)])
        self.structure_settings = structure_settings or StructureSettings()
        self.declared: list[Series] = []
        self.declarations: list[Declaration] = []
        self.asked = False
        self.sealed = False
        self.trial = False

    @cached_property
    def open(self) -> Series:
        return Series(self.candles.open, self.clock, "open")

    @cached_property
    def high(self) -> Series:
        return Series(self.candles.high, self.clock, "high")

    @cached_property
    def low(self) -> Series:
        return Series(self.candles.low, self.clock, "low")

    @cached_property
    def close(self) -> Series:
        return Series(self.candles.close, self.clock, "close")

    @cached_property
    def volume(self) -> Series:
        return Series(self.candles.volume, self.clock, "volume")

    @cached_property
    def time(self) -> Series:
        """Open times, in epoch milliseconds, UTC."""
        return Series(self.candles.time, self.clock, "time")

    @property
    def structure(self) -> StructureReading:
        """Market structure at the close of the last closed candle."""
        return self.insight.structure(self.timeframe, self.structure_settings)

    @property
    def patterns(self) -> PatternReading:
        """Candlestick patterns at the close of the last closed candle."""
        return self.insight.patterns(self.timeframe)

    @property
    def confluence(self) -> NoReturn:
        """Refuse: the score is made of all timeframes, at closes of the shortest."""
        text = (
            f"There is no confluence of {self.timeframe} alone: the score is made of all "
            f"timeframes at the close of the shortest, read self.confluence"
        )
        raise InvalidRequest(text, field="confluence", value=self.timeframe)

    def detect(self, detector: Any) -> OwnReading:
        """Let a detector of your own see this timeframe's candles; see `Strategy.detect`."""
        if self.sealed:
            raise RuntimeError("Call detect in init(), not in next()")
        return self.insight.own(self.timeframe, detector)

    def __len__(self) -> int:
        return self.clock.count

    def I(  # noqa: E743 - the usual name of it in Python backtesters
        self,
        function: Any,
        *args: Any,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Declare an indicator over this timeframe's candles; see `Strategy.I`."""
        if self.sealed:
            raise RuntimeError("Declare indicators in init(), not in next()")
        label = function if isinstance(function, str) else getattr(function, "__name__", "")
        if isinstance(function, str):
            function = self._named(function)
        elif isinstance(function, type) and hasattr(function, "update"):
            function = started(function, args, kwargs)
        tried = deepcopy(function) if self.trial and hasattr(function, "update") else function
        many, columns = compute(label, tried, args, kwargs, self._extent)
        self.declarations.append(Declaration(name or label, function, args, kwargs, columns))
        made = tuple(
            Series(column, self.clock, f"{name}_{number}" if name and many else name or "")
            for number, column in enumerate(columns)
        )
        self.declared.extend(made)
        return made if many else made[0]

    def _named(self, name: str) -> Callable[..., Any]:
        try:
            return by_name(name)
        except KeyError:
            known = "a name of workbench.analysis.indicators or of TA-Lib"
            text = f"Unknown indicator {name!r}: write {known}"
            raise InvalidRequest(text, field="indicator", value=name, allowed=known) from None

    def grow(self, candles: Candles) -> None:
        """Be of longer candles, of which these are all; indicators are told apart from this."""
        self.candles = candles
        self._extent = Extent(len(candles), candles.timeframe)
        for name in ("open", "high", "low", "close", "volume", "time"):
            series = self.__dict__.get(name)
            if series is not None:
                renew(series, getattr(candles, name))

    def warm_up(self) -> int:
        """Return how many candles must have closed until every indicator has a value."""
        need = 1
        for series in self.declared:
            valid = ~np.isnan(whole(series))
            need = max(need, int(valid.argmax()) + 1 if valid.any() else len(valid) + 1)
        return need


def pick(views: Mapping[str, View], timeframe: str) -> View:
    """Return the view of a timeframe of the run.

    Raises
    ------
    UnknownTimeframe
        The run does not have it.
    """
    name = Timeframe.parse(timeframe).name
    if name not in views:
        text = f"This run has no timeframe {timeframe!r}: it has {', '.join(views)}"
        raise UnknownTimeframe(text, field="timeframe", value=timeframe, allowed=list(views))
    views[name].asked = True
    return views[name]
