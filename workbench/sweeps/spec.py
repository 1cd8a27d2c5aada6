"""What is asked for when a sweep is started, and whether it can be done."""

from __future__ import annotations

import difflib
import importlib.util
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from workbench.errors import InvalidRequest
from workbench.sweeps.account import check_setting, is_setting, scenarios

if TYPE_CHECKING:
    from workbench.engine import Strategy

Value = int | float | bool | str
Method = Literal["grid", "random", "bayesian"]

DEFAULT_METRIC = "sharpe_ratio"
DEFAULT_TRIALS = 100
LIMIT = 100_000
MOST_WORKERS = 256
MOST_SPLITS = 200
_NEGATIVE = ("max_drawdown", "average_drawdown", "average_loss", "largest_loss")


class WalkForward(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Choosing on one part of the candles and trading the next, again and again.

    Of ``n`` candles each of `splits` out-of-sample parts has ``o = floor(n (1 - train) / (train +
    splits (1 - train)))``; they follow each other without a gap and the last ends with the last
    candle. The in-sample part of split ``s`` has ``n - splits o`` candles and ends where its
    out-of-sample part begins; anchored ones begin with the first candle instead.

    Attributes
    ----------
    splits
        How many, 1 to 200.
    train
        Length of the in-sample part, as a fraction of it and the out-of-sample part that follows,
        above 0, below 1; of anchored ones that of the first.
    anchored
        Whether all in-sample parts begin with the first candle.
    """

    splits: int = 5
    train: float = 0.7
    anchored: bool = False


class SweepSpec(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A run's parameters to try.

    Attributes
    ----------
    space
        The values of each parameter that is tried, by name; the others are the run's
        `strategy_params`. A setting of the account may be tried like a parameter (``leverage``,
        ``commission``, …; not ``intrabar`` and ``check_lookahead``); but not what is no decision
        (costs, fills, the market) where the sweep itself chooses, in `walk_forward` and by the
        method ``bayesian``.
    maximize, minimize
        The metric that decides which combination is best: one of `complete`'s metrics or of its
        `statistics`. One of the two; ``maximize`` ``sharpe_ratio`` if neither is given. Of equals
        the first asked for is best.
    method
        ``grid`` tries all combinations, ``random`` some of them, each at most once, ``bayesian``
        chooses by what the earlier ones came to (Tree-structured Parzen Estimator of optuna).
    trials
        How many, for the last two [100]. What is drawn depends on the run's `seed` alone.
    walk_forward
        Choose on one part of the candles, trade the next.
    workers
        Processes; as many as there are cores, at most 4, if left out.
    limit
        Combinations a grid may have.
    min_trades
        Combinations with fewer trades are never best. 0 takes those without any, which lose and
        risk nothing, for candidates too.
    resumed_from
        The sweep that this one goes on with; not to be given to `start`, but by `resume`.
    """

    space: dict[str, list[Value]]
    maximize: str | None = None
    minimize: str | None = None
    method: Method = "grid"
    trials: int | None = None
    walk_forward: WalkForward | None = None
    workers: int | None = None
    limit: int = LIMIT
    min_trades: int = 1
    resumed_from: str | None = None

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.minimize or self.maximize or DEFAULT_METRIC

    @property
    def maximizes(self) -> bool:
        """Whether a higher value of it is better."""
        return self.minimize is None

    @property
    def size(self) -> int:
        """Combinations of all values."""
        return math.prod(len(values) for values in self.space.values())


def listed(name: str, values: Any, most: int) -> list[Value]:
    """Return a parameter's values as plain ones: numpy's numbers become Python's.

    Parameters
    ----------
    name
        Of the parameter.
    values
        Anything to iterate over, also without an end.
    most
        More are refused; one more is taken to find out.

    Raises
    ------
    InvalidRequest
        One is no int, float, bool or str, or there are too many.
    """
    found = []
    for value in itertools.islice(values, most + 1):
        plain = value.item() if hasattr(value, "item") else value
        if not isinstance(plain, int | float | bool | str):
            allowed = "int, float, bool or str"
            way = "; give one, and start a sweep for each" if is_setting(name) else ""
            msg = f"A value of {name} is {value!r:.100}, expected {allowed}{way}"
            raise InvalidRequest(msg, field=name, value=f"{value!r:.100}", allowed=allowed)
        found.append(plain)
    if len(found) > most:
        msg = f"{name} has more than {most:,} values: thin them out"
        raise InvalidRequest(
            msg, field=f"sweep.space.{name}", value=f"{values!r:.100}", allowed=most
        )
    return found


def too_many(sizes: Sequence[int], limit: int) -> InvalidRequest:
    """Return what is wrong with a grid of so many values of each parameter."""
    size = math.prod(sizes)
    grid = " x ".join(map(str, sizes))
    hint = "thin the values out, use method='random' with trials=, or raise limit="
    msg = f"The grid has {grid} = {size:,} combinations, over {limit:,}: {hint}"
    return InvalidRequest(msg, field="sweep.space", value=size, allowed=limit)


def check(spec: SweepSpec, strategy: type[Strategy] | None) -> None:
    """Check what can be checked without candles.

    Parameters
    ----------
    spec
        The request.
    strategy
        Whose parameters they are; None where the class is not at hand.

    Raises
    ------
    InvalidRequest
        Something is wrong; `details` names `field`, `value` and `allowed`.
    """
    _check_space(spec.space, strategy)
    _check_metric(spec)
    _whole("trials", spec.trials, 1, 10_000_000)
    _whole("workers", spec.workers, 1, MOST_WORKERS)
    _whole("limit", spec.limit, 1, 10_000_000)
    _whole("min_trades", spec.min_trades, 0, 10_000_000)
    if spec.method == "grid":
        if spec.trials is not None:
            _refuse("trials", spec.trials, "no trials: a grid tries all", "method random, bayesian")
        if spec.size > spec.limit:
            raise too_many([len(values) for values in spec.space.values()], spec.limit)
    elif spec.size > 2**62:
        _refuse("space", spec.size, "fewer than 2**62 combinations", 2**62)
    _check_scenarios(spec)
    if (plan := spec.walk_forward) is not None:
        _whole("walk_forward.splits", plan.splits, 1, MOST_SPLITS)
        if not 0 < plan.train < 1:
            _refuse("walk_forward.train", plan.train, "a fraction above 0, below 1", "0 to 1")


def check_method(spec: SweepSpec) -> None:
    """Check that this interpreter has what the method needs.

    Raises
    ------
    InvalidRequest
        It has not.
    """
    if spec.method == "bayesian" and importlib.util.find_spec("optuna") is None:
        msg = (
            "method='bayesian' needs optuna, which is not installed: "
            "pip install 'jupyter-backtest-workbench[optuna]'"
        )
        raise InvalidRequest(
            msg, field="sweep.method", value=spec.method, allowed=["grid", "random"]
        )


def _check_space(space: Mapping[str, Sequence[Value]], strategy: type[Strategy] | None) -> None:
    if not space:
        _refuse("space", {}, "values for at least one parameter", "fast=range(5, 25, 2)")
    for name, values in space.items():
        if not values:
            _refuse(f"space.{name}", [], "at least one value", "at least one value")
        for value in values:
            if isinstance(value, float) and not math.isfinite(value):
                _refuse(f"space.{name}", repr(value), "finite numbers", "finite numbers")
            if is_setting(name):
                check_setting(name, value, strategy)
            elif strategy is not None:
                strategy.with_parameters({name: value})
        # 1, 1.0 and True are one key of a dict, and only the first two one combination.
        known = [(type(value) is bool, value) for value in values]
        if len(set(known)) < len(known):
            twice = next(value for at, (_, value) in enumerate(known) if known[at] in known[:at])
            _refuse(f"space.{name}", twice, f"each value once, {twice!r} is there again", "unique")


def _check_metric(spec: SweepSpec) -> None:
    if spec.maximize is not None and spec.minimize is not None:
        both = [spec.maximize, spec.minimize]
        _refuse("maximize", both, "either maximize or minimize", "one of the two")
    from workbench.sweeps.metrics import names

    known = list(names())
    if spec.metric not in known:
        way = "maximize" if spec.maximizes else "minimize"
        near = difflib.get_close_matches(spec.metric, known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"sweep.{way} is {spec.metric!r}, expected one of {', '.join(known)}{hint}"
        raise InvalidRequest(msg, field=f"sweep.{way}", value=spec.metric, allowed=known)
    if spec.minimize in _NEGATIVE:
        allowed = f"maximize {spec.minimize}, which is zero or negative: nearer to zero is better"
        _refuse("minimize", spec.minimize, allowed, [n for n in known if n not in _NEGATIVE])


def _check_scenarios(spec: SweepSpec) -> None:
    tried = scenarios(spec.space)
    chooses = "walk_forward" if spec.walk_forward is not None else "method bayesian"
    if tried and (spec.walk_forward is not None or spec.method == "bayesian"):
        msg = (
            f"{chooses} would choose {', '.join(tried)}, which no trader can: the cheapest market "
            "would win. Give one value, and start a sweep for each other"
        )
        raise InvalidRequest(
            msg, field=f"sweep.space.{tried[0]}", value=spec.space[tried[0]], allowed="one value"
        )


def _whole(field: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        _refuse(field, value, f"a whole number, {least} to {most:,}", f"{least} to {most}")


def _refuse(field: str, value: Any, expected: str, allowed: Any) -> None:
    msg = f"sweep.{field} is {value!r}, expected {expected}"
    raise InvalidRequest(msg, field=f"sweep.{field}", value=value, allowed=allowed)


def walk_forward_of(given: WalkForward | Mapping[str, Any]) -> WalkForward:
    """Return what is given as a `WalkForward`, or as its fields by name.

    Raises
    ------
    InvalidRequest
        They do not fit.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(given), WalkForward)
    except msgspec.ValidationError as error:
        allowed = list(WalkForward.__struct_fields__)
        msg = f"walk_forward is {given!r:.100}: {error}. It takes {', '.join(allowed)}"
        raise InvalidRequest(
            msg, field="walk_forward", value=repr(given), allowed=allowed
        ) from error
