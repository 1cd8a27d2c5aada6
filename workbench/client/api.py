"""Starting runs on a server and finding them again."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.client.discovery import connect
from workbench.client.run import Run
from workbench.client.server import Server
from workbench.client.sweep import Sweep
from workbench.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engine import Strategy
    from workbench.engine.signals import Signals

CURVE_POINTS = 10_000


def start(
    strategy: type[Strategy] | Signals | str | Sequence[type[Strategy] | str],
    *,
    symbol: str,
    timeframes: Sequence[str] | str = ("1H",),
    start: str,
    end: str,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
    **options: Any,
) -> Run:
    """Start a backtest in a process of its own and return its handle.

    Parameters
    ----------
    strategy
        A `Strategy` class, wherever it was defined, or the name of a registered one; or several,
        which share the account. Or `Signals`, one value for each candle of the run.
    symbol, timeframes, start, end
        What to run on; `start` and `end` are ISO dates or times, UTC, a plain `end` date is
        included.
    url, token, server
        The server; by default the Jupyter server this kernel belongs to, or a private one.
    **options
        The strategy's parameters by name (of several: `strategy_params`, by the strategies'
        names); the fields of `RunSpec`: `speed` (candles a second), `progress_every`,
        `equity_every`, `seed`, `name`, `notes`, `tags`; and those of
        `workbench.engine.settings.Settings`: `initial_capital`, `commission`, `slippage`,
        `leverage`, `max_positions`, `convention`, ...

    Raises
    ------
    InvalidRequest
        Or one of its kinds; nothing was started.
    ServerUnreachable
        The server named by `url` does not answer.
    """
    body = request_body(strategy, symbol, timeframes, start, end, options)
    server = server or connect(url, token)
    reply = server.rest.post("api/backtesting/start", body)
    return Run(reply["backtest_id"], server)


def attach(
    run_id: str,
    *,
    url: str | None = None,
    token: str | None = None,
    server: Server | None = None,
) -> Run | Sweep:
    """Return the handle of a run that is there already, going on or ended.

    Of a sweep a `Sweep`, of a live session a `Session`.

    Raises
    ------
    NotFound
        There is no run of this id on the server.
    """
    server = server or connect(url, token)
    if not isinstance(run_id, str) or not re.fullmatch(r"[A-Za-z0-9_.-]+", run_id):
        msg = f"There is no run {run_id!r:.100}: give the id of one, such as wb.list_runs() has"
        raise NotFound(msg, field="backtest_id", value=run_id)
    run = Run(run_id, server)
    kind = run.info["kind"]
    if kind == "live":
        from workbench.client.session import Session

        return Session(run_id, server)
    return run if kind == "backtest" else Sweep(run_id, server)


def list_runs(
    *, url: str | None = None, token: str | None = None, server: Server | None = None
) -> pd.DataFrame:
    """Return the server's runs as a table, the newest first, by id."""
    import pandas as pd

    from workbench.engine.frames import readable_metrics

    server = server or connect(url, token)
    listed = server.rest.get("api/backtesting")["backtests"]
    rows = []
    for run in listed:
        ended = run["result"] or {}
        statistics = (ended.get("extra") or {}).get("statistics")
        metrics = readable_metrics((ended.get("data") or {}).get("metrics") or {}, statistics)
        rows.append(
            {
                "id": run["backtest_id"],
                "kind": run["kind"],
                "name": run["name"],
                "status": run["status"],
                "progress": run["progress"],
                "strategy": run["strategy"],
                "symbol": run["symbol"],
                "timeframes": " ".join(run["timeframes"]),
                "synthetic": run["synthetic"],
                "created": pd.Timestamp(run["created"]),
                "total_return": metrics.get("total_return"),
                "total_trades": metrics.get("total_trades"),
                "sharpe_ratio": metrics.get("sharpe_ratio"),
            }
        )
    columns = list(rows[0]) if rows else ["id"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def request_body(
    strategy: type[Strategy] | Signals | str | Sequence[type[Strategy] | str],
    symbol: str,
    timeframes: Sequence[str] | str,
    start: str,
    end: str,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Return the start request; see `start`.

    Raises
    ------
    InvalidRequest
        Or one of its kinds: something is wrong.
    """
    import msgspec

    from workbench.engine.crew import checked_parameters
    from workbench.engine.parameters import refuse_ambiguous
    from workbench.engine.settings import Settings, plain, settings_of
    from workbench.runs.spec import RunSpec

    known = set(RunSpec.__struct_fields__)
    given = {name: plain(options.pop(name)) for name in list(options) if name in known}
    settings_of({n: given[n] for n in given if n in Settings.__struct_fields__}).check()
    named = kinds_of(strategy)
    params = {**given.pop("strategy_params", {}), **options}
    refuse_ambiguous(named, given, params)
    params = checked_parameters(named, params)
    frames = [timeframes] if isinstance(timeframes, str) else list(timeframes)
    body = {
        "name": " + ".join(named),
        "symbol": symbol,
        "timeframes": frames,
        "start_date": str(start),
        "end_date": str(end),
        "strategy_ids": list(named),
        "strategy_params": params,
        "equity_every": _equity_every(frames, str(start), str(end)),
        **{name: msgspec.to_builtins(value) for name, value in given.items()},
    }
    if not isinstance(strategy, str):
        kinds = list(named.values())
        body["strategy"] = {
            "name": " + ".join(named),
            "pickle": base64.b64encode(pickled(kinds)).decode(),
            "python": sys.executable,
            "paths": [path or os.getcwd() for path in sys.path],
        }
    return body


def kinds_of(strategy: Any) -> dict[str, type[Strategy]]:
    """Return the classes by the name they are told by, checked.

    Raises
    ------
    InvalidRequest
        One is no strategy, or two have one name.
    """
    from workbench.engine import Strategy
    from workbench.engine.signals import Signals, gives_signals, refuse_both, strategy_of
    from workbench.engine.strategies.registry import get

    named: dict[str, type[Strategy]] = {}
    several = isinstance(strategy, Sequence) and not isinstance(strategy, str)
    for one in strategy if several else [strategy]:
        kind: Any = get(one) if isinstance(one, str) else one
        kind = strategy_of(kind) if isinstance(kind, Signals) else kind
        if not (isinstance(kind, type) and issubclass(kind, Strategy)):
            msg = f"strategy is {one!r:.100}, expected a Strategy class or the name of one"
            raise InvalidRequest(msg, field="strategy", value=f"{one!r:.100}", allowed="a class")
        if kind.next is Strategy.next and not gives_signals(kind):
            msg = f"{kind.__name__} has no next(self), and no signals(self): write one"
            raise InvalidRequest(
                msg, field="strategy", value=kind.__name__, allowed="a next method"
            )
        refuse_both(kind)
        name = one if isinstance(one, str) else kind.__name__
        if name in named:
            msg = f"Two strategies are called {name}: give them different names"
            raise InvalidRequest(msg, field="strategy", value=name, allowed="different names")
        named[name] = kind
    if not named:
        msg = "strategy is empty, expected a Strategy class, the name of one, or several"
        raise InvalidRequest(msg, field="strategy", value=[], allowed="at least one")
    return named


def pickled(kinds: Sequence[type[Strategy]]) -> bytes:
    """Return the classes by value, with the notebook's globals they use."""
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps(kinds)
    except Exception as error:
        names = " or ".join(kind.__name__ for kind in kinds)
        msg = (
            f"{names} cannot be sent to the worker: {error}. It, or a global it uses, "
            "holds something that lives in this process only (a lock, a file, a connection): "
            "make that inside init() instead"
        )
        raise InvalidRequest(msg, field="strategy", value=names, allowed=None) from error
    return pickled


def _equity_every(timeframes: Sequence[str], start: str, end: str) -> int:
    """Return the candles between equity points that give the curve about 10,000 of them."""
    from workbench.data.catalog import parse_range
    from workbench.timeframes import Timeframe

    first, last = parse_range(start, end)
    step = min(Timeframe.parse(name) for name in timeframes).ms if timeframes else 1
    return max(1, min(100, (last - first) // step // CURVE_POINTS))
