"""Starting sweeps: on a server, or over an executor of the caller's."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from workbench.client.discovery import connect
from workbench.client.server import Server
from workbench.client.sweep import Sweep
from workbench.client.sweep_executor import checked
from workbench.client.sweep_values import check_names, parted
from workbench.errors import InvalidRequest
from workbench.sweeps.account import is_setting
from workbench.sweeps.spec import (
    LIMIT,
    Method,
    SweepSpec,
    WalkForward,
    check,
    check_method,
    walk_forward_of,
)

if TYPE_CHECKING:
    from workbench.engine import Strategy


def sweep(
    strategy: type[Strategy] | str,
    *,
    symbol: str,
    timeframes: Sequence[str] | str = ("1H",),
    start: str,
    end: str,
    maximize: str | None = None,
    minimize: str | None = None,
    constraint: Callable[..., Any] | None = None,
    method: Method = "grid",
    trials: int | None = None,
    walk_forward: WalkForward | Mapping[str, Any] | None = None,
    workers: int | None = None,
    executor: Executor | Any = None,
    limit: int = LIMIT,
    min_trades: int = 1,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
    **options: Any,
) -> Sweep:
    """Try many parameters of a strategy; return the handle at once.

    Parameters
    ----------
    strategy, symbol, timeframes, start, end
        As for `workbench.start`.
    maximize, minimize
        The metric that decides which combination is best: one of `complete`'s metrics or of its
        statistics; the Sharpe ratio is maximized if neither is given.
    constraint
        Tells which combinations make sense: a function of some parameters by name (``lambda fast,
        slow: fast < slow``), or of all of them in one dict.
    method, trials
        ``grid``: all combinations; ``random``: `trials` of them [100], each at most once;
        ``bayesian``: `trials`, chosen by what the earlier ones came to (needs optuna).
    walk_forward
        A `WalkForward` or its fields in a dict: choose on one part of the candles, trade the next.
    workers
        Processes; as many as there are cores, at most 4, if left out. Of an `executor`, how many
        workers it has, where it does not tell.
    executor
        Any `concurrent.futures.Executor`, a Dask ``Client``, or what else has a ``submit`` that
        returns a `concurrent.futures.Future`: the sweep runs there, driven by a thread of this
        process, and ends with it. Without, it runs in processes of the server's and goes on
        without this kernel.
    limit
        Combinations a grid may have.
    min_trades
        Combinations with fewer trades are never best [1].
    url, token, server
        The server, as for `workbench.start`.
    **options
        Parameters of the strategy and settings of the account (``leverage=[1, 2, 5]``): values to
        try (anything to iterate over, but a string), or one value for all; and the other fields of
        `RunSpec`, as for `workbench.start`. `seed` is that of what is drawn, and of every
        combination's run.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; nothing was started.
    ServerUnreachable
        The server named by `url` does not answer.
    """
    from workbench.client.api import request_body

    if executor is not None:
        executor = checked(executor)
    space, given = parted(options, method, limit)
    if method not in get_args(Method):
        allowed = get_args(Method)
        msg = f"method is {method!r:.100}, expected one of {', '.join(allowed)}"
        raise InvalidRequest(msg, field="method", value=f"{method!r:.100}", allowed=list(allowed))
    spec = SweepSpec(
        space=space,
        maximize=maximize,
        minimize=minimize,
        method=method,
        trials=trials,
        walk_forward=None if walk_forward is None else walk_forward_of(walk_forward),
        workers=workers,
        limit=limit,
        min_trades=min_trades,
    )
    spec = _converted(spec)
    kind = _class(strategy)
    names = [name for name in space if not is_setting(name)]
    check_names(kind, [*names, *given["strategy_params"]])
    body = request_body(strategy, symbol, timeframes, start, end, given)
    check(spec, kind)
    check_constraint(constraint, kind, spec)
    if constraint is not None:
        body["strategy"] = strategy_part(kind, constraint, body["strategy_ids"][0])
    body["sweep"] = msgspec.to_builtins(spec)
    fixed = body["strategy_params"]
    body["strategy_params"] = {name: fixed[name] for name in fixed if name not in space}
    if executor is not None:
        from workbench.client.executing import execute

        check_method(spec)
        return execute(body, kind, constraint, executor, server or connect(url, token))
    if not isinstance(strategy, str):
        check_method(spec)
    server = server or connect(url, token)
    return Sweep(server.rest.post("api/backtesting/start", body)["backtest_id"], server)


def _converted(spec: SweepSpec) -> SweepSpec:
    """Check the types, as the server will."""
    try:
        return msgspec.convert(msgspec.to_builtins(spec), SweepSpec)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].split("[")[0].strip("`.") or "sweep"
        msg = f"{name} is wrong: {str(error).split(' - at ')[0]}"
        value = repr(getattr(spec, name, None))[:100]
        raise InvalidRequest(msg, field=name, value=value, allowed=str(error)) from error


def _class(strategy: Any) -> type[Strategy]:
    from workbench.engine.signals import Signals
    from workbench.engine.strategies.registry import get

    if isinstance(strategy, Signals):
        msg = (
            "Signals are arrays, and have no parameters to try: write a Strategy with parameters "
            "and a signals(self) that returns Signals, and give the class"
        )
        raise InvalidRequest(msg, field="strategy", value=repr(strategy), allowed="a class")
    return get(strategy) if isinstance(strategy, str) else strategy


def check_constraint(
    constraint: Callable[..., Any] | None, strategy: type[Strategy], spec: SweepSpec
) -> None:
    """Check that a constraint can be called, by calling it once.

    Raises
    ------
    InvalidRequest
        It cannot.
    StrategyError
        It raised.
    """
    from workbench.sweeps.constraint import allowing

    defaults = strategy.parameters()
    first = {name: values[0] for name, values in spec.space.items()}
    every = {**defaults, **first}
    allowing(constraint, list(every))(every)


def strategy_part(
    strategy: type[Strategy], constraint: Callable[..., Any] | None, name: str
) -> dict[str, Any]:
    """Return what a start request carries of a class and a constraint of this process.

    Raises
    ------
    InvalidRequest
        They cannot be pickled.
    """
    from workbench.sweeps.parcel import Parcel, packed

    return {
        "name": name,
        "pickle": base64.b64encode(packed(Parcel([strategy], constraint))).decode(),
        "python": sys.executable,
        "paths": [path or os.getcwd() for path in sys.path],
    }
