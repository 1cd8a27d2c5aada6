"""A run read straight from the state folder, without a server: one more reader of the log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InvalidRequest, NotFound, WorkbenchError
from workbench.messages import AnyMessage, Candle, decode
from workbench.paths import candles_dir
from workbench.runs.records import RunRecord
from workbench.runs.service import RunService
from workbench.runs.told_candles import Told
from workbench.runs.told_range import ToldRange, told_range

PAGE = 10_000


def report_of(home: Path, run_id: str) -> str:
    """Return the report of a run, going on or ended, as an HTML page.

    Parameters
    ----------
    home
        The state folder.
    run_id
        The run's id.

    Raises
    ------
    NotFound
        There is no such run in this folder.
    InvalidRequest
        It is a sweep.
    """
    from workbench.engine.frames import equity_frame, trades_frame
    from workbench.engine.metrics.tables import monthly_returns
    from workbench.report import figure, html

    service = open_folder(home)
    try:
        record = service.registry.get(run_id)
        check_reportable(record)
        info = service.detail(run_id)
        messages = list(read_log(service, run_id))
        told = told_range(service.log, run_id)
        with contextlib.suppress(InvalidRequest):
            info["start_date"], info["end_date"] = told.span(record.spec)
    finally:
        service.close()
    trades = trades_frame(messages)
    candles = _candles(home, record, told, messages)
    equity = equity_frame(messages)
    chart = figure(candles, trades, equity, info)
    metrics = ((info["result"] or {}).get("data") or {}).get("metrics") or info["metrics"] or {}
    months = monthly_returns(equity, info["spec"]["initial_capital"])
    return html(chart, metrics, trades, info, months)


def check_reportable(record: RunRecord) -> None:
    """Check that there can be a report.

    Raises
    ------
    InvalidRequest
        It is a sweep.
    """
    if record.spec.sweep is not None:
        msg = f"{record.id} is a sweep, which has no report: open one of its combinations"
        raise InvalidRequest(msg, field="backtest_id", value=record.id, allowed="a backtest")


def open_folder(home: Path) -> RunService:
    """Return the runs of a state folder, without a server and without starting any worker.

    Raises
    ------
    NotFound
        Nothing has run there.
    """
    if not (home / "workbench.db").is_file():
        msg = f"Nothing has been run yet in {home}"
        raise NotFound(msg, field="home", value=str(home))
    return RunService(home, list, max_workers=0)


def read_log(service: RunService, run_id: str) -> Iterator[AnyMessage]:
    """Yield all messages of a run's log so far."""
    since = 0
    while page := service.log.read(run_id, since, PAGE):
        since = page[-1].seq
        for entry in page:
            yield decode(entry.wire)


def _candles(
    home: Path, record: RunRecord, told: ToldRange, messages: list[AnyMessage]
) -> dict[str, Any]:
    from workbench.data import load
    from workbench.report.chart import candle_columns, no_candles

    spec = record.spec
    if spec.live is not None:
        closed = Told(spec.symbol, spec.timeframes[0])
        for message in messages:
            if isinstance(message, Candle):
                closed.take(message)
        return candle_columns(closed.candles(record.source, record.synthetic))
    try:
        loaded = load(spec.symbol, spec.timeframes, *told.span(spec), root=candles_dir(home))
    except WorkbenchError as error:
        # A run that failed for want of candles, or whose candles were removed since.
        return no_candles(spec.timeframes[0], error.message)
    return candle_columns(next(iter(loaded.values())))
