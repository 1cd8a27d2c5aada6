"""What users write: a class with parameters, `init` and `next`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from workbench.analysis.series import Series
from workbench.engine.looking import Looking
from workbench.engine.orders import (
    EntryOptions,
    Reason,
    TakeProfit,
    check_entry,
    check_ladder,
    check_options,
    check_size,
    check_stop,
)
from workbench.engine.parameters import Parameter, Value, find_parameters, merge_parameters
from workbench.engine.position import Order, Position
from workbench.engine.reasons import check_reasoning
from workbench.engine.rules.layout import O_ID, P_TRADE
from workbench.engine.view import View, pick
from workbench.messages import Direction, Reasoning

if TYPE_CHECKING:
    from workbench.engine.broker import Broker
    from workbench.engine.inputs import Inputs


class Strategy(Looking):
    """Base of every strategy.

    Parameters are class attributes of type int, float, bool or str, or a `Parameter` with bounds.
    `init` declares
    indicators with `I`; `next` is called at the close of each candle, for the first time at
    the first candle where every declared indicator has a value (is not NaN) and every
    timeframe asked for in `init` has a closed candle. Orders fill at the next open.

    Attributes
    ----------
    open, high, low, close
        Series of the timeframe stepped on: ``self.close[-1]`` is now.
    params
        The values of the parameters, by name.
    position
        What the strategy holds; False while there is nothing.

    Examples
    --------
    >>> class SmaCross(Strategy):
    ...     fast = 10
    ...     slow = 30
    ...
    ...     def init(self):
    ...         self.quick = self.I("SMA", self.close, self.fast)
    ...         self.calm = self.I("SMA", self.close, self.slow)
    ...
    ...     def next(self):
    ...         if crossed_above(self.quick, self.calm):
    ...             self.enter_long()
    ...         elif crossed_below(self.quick, self.calm):
    ...             self.position.close()
    """

    open: Series
    high: Series
    low: Series
    close: Series
    params: Mapping[str, Value]
    position: Position
    _broker: Broker
    _view: View
    _views: Mapping[str, View]
    _seed: int | None
    _index: int
    _fired: int
    _shortly: bool
    _inputs: Inputs

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in vars(cls).items():
            taken = name in Strategy.__annotations__ or hasattr(Strategy, name)
            if (
                taken
                and isinstance(value, (int, float, bool, str, Parameter))
                and not name.startswith("__")
            ):
                raise TypeError(
                    f"{cls.__name__}.{name} = {value!r}: {name!r} belongs to every strategy, "
                    f"name the parameter otherwise"
                )

    # --- written by the user ----------------------------------------------------------

    def init(self) -> None:
        """Declare indicators. Called once, before the first candle."""

    def next(self) -> None:
        """Decide, at the close of a candle."""
        raise NotImplementedError(f"{type(self).__name__} has no next(self): write one")

    # --- parameters -------------------------------------------------------------------

    @classmethod
    def parameters(cls) -> dict[str, Value]:
        """Return the parameters and their defaults."""
        return {name: one.default for name, one in cls.parameter_info().items()}

    @classmethod
    def parameter_info(cls) -> dict[str, Parameter]:
        """Return the parameters with their bounds."""
        return find_parameters(cls, Strategy)

    @classmethod
    def with_parameters(cls, values: Mapping[str, Any]) -> dict[str, Value]:
        """Return all parameters, those in `values` replaced.

        Raises
        ------
        UnknownParameter
            A name is unknown, or a value has the wrong type or is out of its bounds.
        """
        return merge_parameters(cls.__name__, cls.parameter_info(), values)

    def __repr__(self) -> str:
        values = getattr(self, "params", self.parameters())
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in values.items())})"

    # --- what it sees -----------------------------------------------------------------

    @property
    def volume(self) -> Series:
        """Volume of each candle."""
        return self._view.volume

    @property
    def time(self) -> Series:
        """Open time of each candle, epoch milliseconds, UTC."""
        return self._view.time

    @property
    def equity(self) -> float:
        """Balance and unrealised profit at the last close."""
        return self._broker.equity(len(self.close) - 1)

    @property
    def positions(self) -> list[Position]:
        """The open trades one by one, the oldest first; each can be closed for itself."""
        return [Position(self, row[P_TRADE]) for row in self._broker.positions(self._index)]

    @property
    def orders(self) -> list[Order]:
        """The orders that wait, the oldest first."""
        return [Order(self, int(row[O_ID])) for row in self._broker.orders(self._index)]

    @cached_property
    def rng(self) -> np.random.Generator:
        """Random numbers that repeat with the run's seed."""
        return np.random.default_rng(self._seed)

    @property
    def timeframes(self) -> list[str]:
        """Names of the run's timeframes, the shortest (the one stepped on) first."""
        return list(self._views)

    def on(self, timeframe: str) -> View:
        """Return the candles of a timeframe of the run; only closed ones can be seen.

        The view has the same series (``self.on("4H").close[-1]``) and its own `I`.

        Raises
        ------
        UnknownTimeframe
            The run does not have it.
        """
        return pick(self._views, timeframe)

    def I(  # noqa: E743 - the usual name of it in Python backtesters
        self,
        function: Any,
        *args: Any,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Declare an indicator, computed once over all candles.

        Parameters
        ----------
        function
            Takes arrays and returns an array of shape ``(candles,)``, or a tuple of such;
            or a name of `workbench.analysis.indicators` or of TA-Lib; or something incremental:
            an object with an ``update`` method (or a class of such), which is given one value of
            each series at a time. Others are given whole columns: a value must not depend on
            later candles, which is checked (see `Settings.check_lookahead`).
        *args, **kwargs
            Handed to it; series become arrays.
        name
            Shown in rationales; the attribute it is assigned to when left out.

        Returns
        -------
        Series or tuple of Series

        Raises
        ------
        InvalidRequest
            The result does not have one value per candle, or the name is unknown.
        LookAhead
            A value depends on later candles; found when `init`, or the run, is over.
        """
        return self._view.I(function, *args, name=name, **kwargs)

    # --- what it does -----------------------------------------------------------------

    def enter_long(
        self,
        quantity: float | None = None,
        fraction: float | None = None,
        stop_loss: float | None = None,
        take_profit: TakeProfit = None,
        reason: Reason = None,
        **more: Unpack[EntryOptions],
    ) -> Order:
        """Buy at the next open, or at a price; a short position is closed at the same price first.

        Parameters
        ----------
        quantity
            Units. Not filled when it cannot be afforded.
        fraction
            Of the equity at this close. Without any size, `stop_loss` sizes the position so that
            the run's `risk_per_trade` of equity is lost between this close (or the entry's limit
            or stop) and the stop; without a stop it is the whole equity, less the commission.
        stop_loss
            Price, below the last close, or the entry's limit or stop.
        take_profit
            A price above it, or a ladder of up to 8: prices, or (price, weight) pairs, the
            nearest first. Weights are equal by default; the last rung closes the rest.
        reason
            Why: a sentence or a `Reasoning`; made from the indicators when left out.
        **more
            See `EntryOptions`.

        Returns
        -------
        Order
            True while it waits; `Order.cancel` takes it back.

        Raises
        ------
        InvalidOrder
            A size or price makes no sense.
        """
        return self._enter("long", quantity, fraction, stop_loss, take_profit, reason, more)

    def enter_short(
        self,
        quantity: float | None = None,
        fraction: float | None = None,
        stop_loss: float | None = None,
        take_profit: TakeProfit = None,
        reason: Reason = None,
        **more: Unpack[EntryOptions],
    ) -> Order:
        """Sell short at the next open, or at a price: the mirror of `enter_long`."""
        return self._enter("short", quantity, fraction, stop_loss, take_profit, reason, more)

    buy = enter_long
    sell = enter_short

    def cancel(self) -> int:
        """Take back all entries that wait; return how many there were."""
        return self._broker.cancel(self._index, len(self.close) - 1)

    def move_stop(self, price: float | None = None, trailing: float | None = None) -> None:
        """Set the stop of all that is held; see `Position.move_stop`."""
        self.position.move_stop(price, trailing)

    def decline(self, reason: Reason = None) -> None:
        """Say why nothing is done on this candle: it is kept in the stream, for `why_not`."""
        why = self._reasoning("decline", "declines", reason)
        self._broker.decline(self._index, len(self.close) - 1, why)

    def _enter(
        self,
        direction: Direction,
        quantity: float | None,
        fraction: float | None,
        stop_loss: float | None,
        take_profit: TakeProfit,
        reason: Reason,
        more: EntryOptions,
    ) -> Order:
        close, count, broker = self.close[-1], self._view.clock.count, self._broker
        units, share, risk = check_size(
            quantity, fraction, more.get("risk"), broker.settings.leverage
        )
        tick = broker.settings.tick_size
        limit, stop, level, name = check_entry(
            direction, more.get("limit"), more.get("stop"), close, tick
        )
        ladder = check_ladder(direction, take_profit, level, name, tick)
        options = check_options(more, len(ladder), stop_loss is not None, level) if more else {}
        number = broker.enter(
            self._index, 1.0 if direction == "long" else -1.0, count - 1,
            self._reasoning(f"enter_{direction}", f"enters {direction}", reason),
            quantity=units, fraction=share, risk=risk,
            limit=limit, stop=stop, stop_loss=check_stop(direction, stop_loss, level, name, tick),
            ladder=ladder, **options,
        )  # fmt: skip
        return Order(self, number)

    # --- for the engine ---------------------------------------------------------------

    def _bind(
        self,
        broker: Broker,
        views: Mapping[str, View],
        params: Mapping[str, Value],
        seed: int | None,
        index: int = 0,
    ) -> None:
        self._broker, self._views, self._seed, self._index = broker, views, seed, index
        self._view = view = next(iter(views.values()))
        self.open, self.high, self.low, self.close = view.open, view.high, view.low, view.close
        self.params = dict(params)
        for name, value in params.items():
            setattr(self, name, value)
        self.position = Position(self)

    def _reasoning(self, decision: str, verb: str, reason: Reason) -> Reasoning:
        if isinstance(reason, Reasoning):
            return check_reasoning(reason)
        inputs = self._inputs.now()
        if reason is None:
            reason = f"{type(self).__name__} {verb}: {self._inputs.words(inputs)}"
        return Reasoning(decision, 1.0, str(reason), inputs)
