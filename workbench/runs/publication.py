"""Opening a stream that a kernel or script publishes itself."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from workbench.errors import InvalidRequest
from workbench.messages import parse_time
from workbench.runs import servers
from workbench.runs.records import RunRecord, new_token
from workbench.runs.request import (
    StartRequest,
    check_fields,
    check_pickled,
    check_texts,
    parse_body,
    spec_of,
)
from workbench.runs.spec import RunSpec

if TYPE_CHECKING:
    from workbench.runs.service import RunService

PRODUCER = "kernel"
MOST_TIMEFRAMES = 20
_LENGTHS = {
    "name": 200, "symbol": 100, "strategy": 200, "start_date": 40, "end_date": 40,
    "source": 200, "notes": 10_000,
}  # fmt: skip
_TIMEFRAME = re.compile(r"[1-9]\d{0,3}[MHDW]")


class PublishRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/backtesting/publish`: what is shown of the run.

    Attributes
    ----------
    name, notes, tags
        For people.
    symbol, timeframes, strategy, strategy_params
        What is traded, on which candles, and how.
    start_date, end_date
        ISO 8601, UTC; empty if not known beforehand.
    initial_capital
        In the account's currency, above 0.
    source, synthetic
        Where the candles come from, and whether they are generated.
    pid, pid_start
        The process that publishes and its start time (seconds since the epoch). On the server's
        machine its end is noticed at once, on another one after a while.
    run
        The start request that the caller carries out itself, as for a sweep over an executor. It
        is what the run list shows then, and combinations are opened with it.
    """

    name: str = "Backtest"
    symbol: str = ""
    timeframes: list[str] = msgspec.field(default_factory=lambda: ["1H"])
    strategy: str = ""
    strategy_params: dict[str, Any] = {}
    start_date: str = ""
    end_date: str = ""
    initial_capital: float = 10_000.0
    source: str = ""
    synthetic: bool = False
    notes: str = ""
    tags: list[str] = []
    pid: int | None = None
    pid_start: float | None = None
    run: StartRequest | None = None


class Opened(NamedTuple):
    """A stream that waits for its producer.

    Attributes
    ----------
    record
        The run.
    token
        The right to publish it, and nothing else. Only its hash is stored.
    home
        The state folder, if the producer is on this machine; it finds the next server there.
    """

    record: RunRecord
    token: str
    home: str | None


def open_stream(service: RunService, body: bytes, *, pickled_allowed: bool = True) -> Opened:
    """Add a pending run that the caller is going to publish.

    Raises
    ------
    InvalidRequest
        The request is wrong; `details` names `field`, `value` and `allowed`.
    """
    request = parse_body(body, PublishRequest)
    check(request)
    strategy = None if request.run is None else request.run.strategy
    if strategy is not None:
        check_pickled(strategy, pickled_allowed)
    record = service.registry.create(
        _spec(request),
        source=request.source,
        synthetic=request.synthetic,
        strategy=None if strategy is None else strategy.pickle,
        python=None if strategy is None else strategy.python,
        paths=() if strategy is None else strategy.paths,
        producer=PRODUCER,
    )
    service.log.create(record.id, "backtest")
    token = new_token()
    service.registry.set_token(record.id, token)
    home = None
    pid, started = request.pid, request.pid_start
    # That pid and start time both fit shows that the process is one of this machine.
    if pid is not None and pid > 0 and started is not None and servers.alive(pid, started):
        service.registry.set_worker(record.id, pid, started)
        home = str(service.home)
    return Opened(service.registry.get(record.id), token, home)


def _spec(request: PublishRequest) -> RunSpec:
    if request.run is not None:
        return spec_of(request.run)
    return RunSpec(
        symbol=request.symbol,
        timeframes=list(dict.fromkeys(request.timeframes)),
        start_date=request.start_date,
        end_date=request.end_date,
        strategy_ids=[request.strategy or request.name],
        name=request.name,
        initial_capital=request.initial_capital,
        strategy_params=request.strategy_params,
        notes=request.notes,
        tags=request.tags,
    )


def check(request: PublishRequest) -> None:
    """Check a request whose types are right.

    Raises
    ------
    InvalidRequest
        It is wrong; `details` names `field`, `value` and `allowed`.
    """
    check_texts(request, _LENGTHS)
    if request.run is not None:
        check_fields(request.run)
    _check_range(request.start_date, request.end_date)
    capital = request.initial_capital
    if not (math.isfinite(capital) and 0 < capital <= 1e15):
        allowed = "above 0, at most 1e15"
        msg = f"initial_capital is {capital}, expected {allowed}"
        raise InvalidRequest(msg, field="initial_capital", value=capital, allowed=allowed)
    names = request.timeframes
    known = all(_TIMEFRAME.fullmatch(name) for name in names)
    if not (0 < len(names) <= MOST_TIMEFRAMES and known):
        allowed = f"1 to {MOST_TIMEFRAMES}, written as a number and M, H, D or W: 15M, 4H"
        msg = f"timeframes is {names[:MOST_TIMEFRAMES]}, expected {allowed}"
        raise InvalidRequest(
            msg, field="timeframes", value=names[:MOST_TIMEFRAMES], allowed=allowed
        )


def _check_range(start: str, end: str) -> None:
    times = {"start_date": start, "end_date": end}
    known = {field: text for field, text in times.items() if text}
    for field, text in known.items():
        try:
            parse_time(text)
        except (ValueError, OverflowError):
            allowed = "ISO 8601, such as 2024-01-15"
            msg = f"{field} is {text!r}, expected {allowed}"
            raise InvalidRequest(msg, field=field, value=text, allowed=allowed) from None
    if len(known) > 1 and parse_time(start) > parse_time(end):
        allowed = f"{start} or later"
        msg = f"end_date is {end}, which is before start_date, {start}"
        raise InvalidRequest(msg, field="end_date", value=end, allowed=allowed)
