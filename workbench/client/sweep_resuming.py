"""Going on with a sweep that ended before it was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import FINAL_STATUSES
from workbench.runs.resuming import rows_before

if TYPE_CHECKING:
    from workbench.client.sweep import Sweep
    from workbench.engine import Strategy
    from workbench.sweeps.known import Known


def on_server(sweep: Sweep) -> str:
    """Have the server go on with it; return the new sweep's id.

    Raises
    ------
    Conflict
        Nothing is missing, or the strategy is not known there.
    """
    found: str = sweep.server.rest.post(f"api/backtesting/{sweep.id}/resume", {})["backtest_id"]
    return found


def on_executor(
    sweep: Sweep,
    executor: Any,
    workers: int | None,
    strategy: type[Strategy] | None,
    constraint: Callable[..., Any] | None,
) -> Sweep:
    """Go on with it in a thread of this process; see `Sweep.resume`.

    Raises
    ------
    Conflict
        It has not ended.
    InvalidRequest
        The strategy is another one, or not known here.
    """
    from workbench.client.executing import execute
    from workbench.client.sweep_executor import checked
    from workbench.client.sweeping import check_constraint, strategy_part
    from workbench.engine.strategies.registry import get

    executor = checked(executor)
    info = sweep.info
    if info["status"] not in FINAL_STATUSES:
        msg = f"Sweep {sweep.id} is {info['status']}: resume it without executor="
        raise Conflict(msg, field="executor", value=info["status"], allowed=list(FINAL_STATUSES))
    (name,) = info["spec"]["strategy_ids"]
    if strategy is not None and strategy.__name__ != name:
        msg = f"strategy is {strategy.__name__}, but {sweep.id} is a sweep of {name}"
        raise InvalidRequest(msg, field="strategy", value=strategy.__name__, allowed=name)
    kind = get(name) if strategy is None else strategy
    body = {**info["spec"], "sweep": {**info["spec"]["sweep"], "resumed_from": sweep.id}}
    if workers is not None:
        body["sweep"]["workers"] = workers
    check_constraint(constraint, kind, sweep.spec)
    if strategy is not None or constraint is not None:
        body["strategy"] = strategy_part(kind, constraint, name)
    return execute(body, kind, constraint, executor, sweep.server, known_of(sweep))


def known_of(sweep: Sweep) -> Known:
    """Return the rows that a sweep which goes on with this one takes over."""
    from workbench.client.sweep import Sweep
    from workbench.sweeps.known import Known

    def one(run_id: str) -> Sweep:
        return Sweep(run_id, sweep.server)

    return Known(
        rows_before(
            sweep.id,
            lambda run_id: one(run_id).rows(),
            lambda run_id: one(run_id).spec.resumed_from,
        )
    )
