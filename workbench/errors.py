"""The one tree of errors.

WorkbenchError
├── InvalidRequest          what was asked for cannot be done as asked (400)
│   ├── UnknownSymbol
│   ├── UnknownTimeframe
│   ├── UnknownStrategy
│   ├── UnknownParameter
│   ├── InvalidOrder
│   ├── UnsupportedMediaType (415)
│   └── PayloadTooLarge      (413)
├── NotAllowed              the caller lacks the right (403)
│   └── NotAuthenticated     nobody known asks: a token is missing or wrong (403)
├── MethodNotAllowed        the route has no such method (405)
├── NotFound                no such run or stream (404)
├── Conflict                not possible in the present state (409)
├── RateLimited             too many messages (429)
├── TooManyConnections      no place left; try later (503)
├── DataError               candles are missing or broken
│   ├── InsufficientData
│   └── InvalidCandles
├── StrategyError           the user's strategy raised
├── DetectorError           a user's detector raised, or broke what detectors promise
├── WorkerLost              the run's process went away without a result
├── StorageFull             the disk has no room for what is to be written (507)
├── LogDamaged              messages of a log cannot be read from the state file (500)
├── StreamCorrupted         what a stream told is not what its log holds
├── BrokerError             an exchange cannot be reached, or refuses the account (502)
└── ServerUnreachable       no server answers where one was expected
"""

from __future__ import annotations

from typing import Any, ClassVar


class WorkbenchError(Exception):
    """Root of every error raised on purpose.

    Parameters
    ----------
    message
        What was wrong, with the value, and what to do.
    details
        The same as data, JSON-encodable, for programs.

    Attributes
    ----------
    code
        Stable name of the kind of error on the wire.
    status
        HTTP status of the reply that carries it.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, /, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """Return the JSON body of a reply: `error`, `code` and `details`."""
        return {"error": self.message, "code": self.code, "details": self.details}


class InvalidRequest(WorkbenchError):
    """A request or argument is wrong; `details` names `field`, `value` and `allowed`."""

    code = "invalid_request"
    status = 400


class UnknownSymbol(InvalidRequest):
    """No candles are known under this symbol."""

    code = "unknown_symbol"


class UnknownTimeframe(InvalidRequest):
    """The timeframe is not written as a number and M, H, D or W, or cannot be built."""

    code = "unknown_timeframe"


class UnknownStrategy(InvalidRequest):
    """No strategy is registered under this name."""

    code = "unknown_strategy"


class UnknownParameter(InvalidRequest):
    """The strategy has no parameter of this name, or the value is of another type."""

    code = "unknown_parameter"


class InvalidOrder(InvalidRequest):
    """A strategy's order makes no sense: sizes, or prices on the wrong side of the market."""

    code = "invalid_order"


class LookAhead(InvalidRequest):
    """An indicator or signal depends on candles that come after it."""

    code = "look_ahead"


class UnsupportedMediaType(InvalidRequest):
    """The body is not application/json."""

    code = "unsupported_media_type"
    status = 415


class PayloadTooLarge(InvalidRequest):
    """The body is over the limit."""

    code = "payload_too_large"
    status = 413


class NotAllowed(WorkbenchError):
    """The caller lacks the right to do this."""

    code = "not_allowed"
    status = 403


class NotAuthenticated(NotAllowed):
    """A token or login is missing or wrong; 403 as Jupyter replies."""

    code = "not_authenticated"


class MethodNotAllowed(WorkbenchError):
    """The route has no such method; `allowed` names those it has."""

    code = "method_not_allowed"
    status = 405


class NotFound(WorkbenchError):
    """There is no such run or stream."""

    code = "not_found"
    status = 404


class Conflict(WorkbenchError):
    """The run's present state does not allow this."""

    code = "conflict"
    status = 409


class RateLimited(WorkbenchError):
    """More messages than a connection may send; `details` names `allowed`."""

    code = "rate_limited"
    status = 429


class TooManyConnections(WorkbenchError):
    """There are as many subscribers, or feeds, as the server takes; try again later."""

    code = "too_many_connections"
    status = 503


class DataError(WorkbenchError):
    """Candles are missing or broken."""

    code = "data_error"
    status = 422


class InsufficientData(DataError):
    """The candles do not cover the range that was asked for."""

    code = "insufficient_data"


class InvalidCandles(DataError):
    """The candles break a rule (order, duplicates, open-high-low-close)."""

    code = "invalid_candles"


class StrategyError(WorkbenchError):
    """The user's strategy raised; `details` carries the traceback's end."""

    code = "strategy_error"
    status = 422


class NotDeterministic(StrategyError):
    """A live strategy does something else when it is given the same again; `reason` says what."""

    code = "not_deterministic"


class DetectorError(WorkbenchError):
    """A user's detector raised, or told what cannot be; `details` names it and the candle."""

    code = "detector_error"
    status = 422


class WorkerLost(WorkbenchError):
    """The process of the run ended without a result."""

    code = "worker_lost"


class StorageFull(WorkbenchError):
    """There is no room on the disk: what was asked for is not written, and not done."""

    code = "storage_full"
    status = 507


class LogDamaged(WorkbenchError):
    """Messages of a stream's log cannot be read any more.

    `details` names `stream`, `first_seq` and `last_seq`.
    """

    code = "log_damaged"


class StreamCorrupted(WorkbenchError):
    """A stream lacks events, told other trades than it proves, or broke the protocol.

    `details` names `missing_eseq` and `found_eseq`, or `expected` and `received` (trades and
    checksum), or the message's `type`.
    """

    code = "stream_corrupted"
    status = 502


class BrokerError(WorkbenchError):
    """An exchange cannot be reached for orders, or refuses the account; `details` has `trouble`."""

    code = "broker_error"
    status = 502


class ServerUnreachable(WorkbenchError):
    """No server answers where one was expected."""

    code = "server_unreachable"
    status = 503


def from_body(body: dict[str, Any]) -> WorkbenchError:
    """Return the error that a reply's JSON body tells of."""
    kinds = {kind.code: kind for kind in _kinds(WorkbenchError)}
    kind = kinds.get(str(body.get("code")), WorkbenchError)
    details = body.get("details")
    message = str(body.get("error") or body.get("message") or "unknown error")
    return kind(message, **details) if isinstance(details, dict) else kind(message)


def _kinds(root: type[WorkbenchError]) -> list[type[WorkbenchError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _kinds(child))]
