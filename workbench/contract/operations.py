"""The REST surface, a row a route. A test tells when a route is missing here."""

from __future__ import annotations

from workbench.contract import parameters
from workbench.contract.live_operations import LIVE_OPERATIONS
from workbench.contract.market_operations import MARKET_OPERATIONS
from workbench.contract.operation import HTML, Operation
from workbench.contract.replies import (
    CandlesReply,
    ControlReply,
    EquityReply,
    EventsPage,
    InfoReply,
    OpenedStream,
    RunDetail,
    RunList,
    StartReply,
    StatusReply,
    TradesReply,
)
from workbench.errors import (
    Conflict,
    DataError,
    InvalidRequest,
    NotFound,
)
from workbench.messages import ControlRequest
from workbench.runs.combination import OpenRequest
from workbench.runs.publication import PublishRequest
from workbench.runs.request import StartRequest

_CONTROL = (
    "`pause`, `resume` and `stop` take nothing; `step` takes `value` (candles, 1 if absent); "
    "`speed` takes `value` and `unit` (candles a second, with unit `x` multiples of market time, "
    "0 or absent for as fast as possible); `run_until` takes `until` with one of `time`, `bars`, "
    "`trades` and `drawdown`. What was asked for, accepted or refused, shows in the stream as "
    "`control`; when the run has come to it, the stream says `status`."
)
_RUN = "/api/backtesting/{backtest_id}"

OPERATIONS = (
    Operation("GET", "/api/workbench", "info", "Tell version and protocol.", InfoReply),
    Operation(
        "GET", "/api/workbench/schemas.json", "schemas",
        "JSON Schemas (2020-12) of all messages, requests and replies.",
    ),
    Operation(
        "GET", "/api/workbench/asyncapi.json", "asyncapi", "The WebSockets, as AsyncAPI 3.0.",
    ),
    Operation("GET", "/api/workbench/openapi.json", "openapi", "The REST routes: this document."),
    Operation(
        "GET", "/api/workbench/docs", "docs", "All of these as a page to read.", media=HTML
    ),
    Operation(
        "GET", "/api/backtesting", "listRuns", "List the runs, newest first.", RunList,
        query=(parameters.LIMIT,), errors=(InvalidRequest,),
    ),
    Operation(
        "POST", "/api/backtesting/start", "startRun", "Start a run.", StartReply,
        body=StartRequest, right="execute", errors=(InvalidRequest, DataError),
    ),
    Operation(
        "POST", "/api/backtesting/publish", "publishRun",
        "Open a stream that the caller publishes; the token in the reply is good for it alone.",
        OpenedStream, body=PublishRequest, right="execute", errors=(InvalidRequest,),
    ),
    Operation(
        "GET", _RUN, "getRun", "Tell all about one run.", RunDetail, errors=(NotFound,)
    ),
    Operation(
        "DELETE", _RUN, "deleteRun", "Remove a run and its log; a worker at it is ended.",
        right="execute", errors=(NotFound,), status=204,
    ),
    Operation(
        "POST", f"{_RUN}/control", "controlRun",
        "Pause, resume, step, set the speed, run until something happens, or stop.", ControlReply,
        body=ControlRequest, omit=("type", "to", "session"), right="execute",
        errors=(InvalidRequest, NotFound, Conflict), description=_CONTROL,
    ),
    Operation(
        "POST", f"{_RUN}/open", "openCombination",
        "Start a combination of a sweep as a run of its own.", StartReply,
        body=OpenRequest, right="execute", errors=(InvalidRequest, NotFound, Conflict),
    ),
    Operation(
        "POST", f"{_RUN}/resume", "resumeSweep",
        "Go on with a sweep that ended before it was done: a sweep that takes its rows over.",
        StartReply, right="execute", errors=(InvalidRequest, NotFound, Conflict),
    ),
    Operation(
        "GET", f"{_RUN}/trades", "getTrades", "Entries and exits, in order.", TradesReply,
        errors=(NotFound,),
    ),
    Operation(
        "GET", f"{_RUN}/equity", "getEquity", "The equity curve as columns.", EquityReply,
        errors=(NotFound,),
    ),
    Operation(
        "GET", f"{_RUN}/events", "getEvents",
        "A page of the log; ask again with `since` = `next` until that is `seq`.", EventsPage,
        query=parameters.EVENTS, errors=(InvalidRequest, NotFound),
    ),
    Operation(
        "GET", f"{_RUN}/candles", "getCandles",
        "The run's candles as columns, merged so that every extreme stays.", CandlesReply,
        query=parameters.CANDLES, errors=(InvalidRequest, NotFound, DataError),
    ),
    Operation(
        "GET", f"{_RUN}/report", "getReport", "The report as one HTML page.", media=HTML,
        errors=(InvalidRequest, NotFound),
    ),
    *MARKET_OPERATIONS,
    *LIVE_OPERATIONS,
    Operation(
        "GET", "/api/ws/stream/status", "streamStatus", "Who is connected to what.", StatusReply
    ),
)  # fmt: skip
