"""The REST surface of live trading, a row a route."""

from __future__ import annotations

from workbench.contract import parameters
from workbench.contract.live_replies import (
    SessionControlled,
    SessionDetail,
    SessionList,
    SessionsFlattened,
    SessionStarted,
)
from workbench.contract.operation import Operation
from workbench.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TooManyConnections,
)
from workbench.sessions.request import LiveRequest

_START = (
    "A session runs in a process of its own, which outlives whoever started it and is started "
    "again where it dies. Orders are sent to an exchange only where the server's configuration "
    "(`WorkbenchApp.live_orders`) allows the account. Without `feed`, prices are those the server "
    "has for the symbols: generated ones unless it is configured otherwise; the reply says which."
)
_URGENT = (
    "A session that does not obey within `WorkbenchApp.stop_patience` seconds is ended, and what "
    "it holds is closed by another process."
)
_SESSION = "/api/live-trading/{session_id}"
_ASKED = (NotFound, Conflict)

LIVE_OPERATIONS = (
    Operation(
        "GET", "/api/live-trading", "listSessions", "List the live sessions, newest first.",
        SessionList, query=(parameters.LIMIT,), errors=(InvalidRequest,),
    ),
    Operation(
        "POST", "/api/live-trading/start", "startSession", "Start a live session.", SessionStarted,
        body=LiveRequest, right="execute", errors=(InvalidRequest, NotAllowed, TooManyConnections),
        description=_START,
    ),
    Operation(
        "POST", "/api/live-trading/flatten", "flattenAll",
        "Have every session close all it holds, cancel its orders and pause entries.",
        SessionsFlattened, right="execute", description=_URGENT,
    ),
    Operation(
        "GET", _SESSION, "getSession",
        "Tell what holds of a session: positions, open orders, risk, profit.", SessionDetail,
        errors=(NotFound,),
    ),
    Operation(
        "DELETE", _SESSION, "deleteSession", "Remove a session that has ended, with its log.",
        right="execute", errors=_ASKED, status=204,
    ),
    Operation(
        "POST", f"{_SESSION}/stop", "stopSession",
        "End a session; what it holds is closed, unless it was started with `keep`.",
        SessionControlled, right="execute", errors=_ASKED, description=_URGENT,
    ),
    Operation(
        "POST", f"{_SESSION}/flatten", "flattenSession",
        "Have a session close all it holds, cancel its orders and pause entries; it goes on.",
        SessionControlled, right="execute", errors=_ASKED, description=_URGENT,
    ),
    Operation(
        "POST", f"{_SESSION}/pause_entries", "pauseEntries",
        "Let no order through that opens a position or adds to one.", SessionControlled,
        right="execute", errors=_ASKED,
    ),
    Operation(
        "POST", f"{_SESSION}/resume_entries", "resumeEntries", "Let such orders through again.",
        SessionControlled, right="execute", errors=_ASKED,
    ),
)  # fmt: skip
