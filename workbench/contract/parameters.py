"""Parameters of addresses: of a stream's, and of the REST routes'."""

from __future__ import annotations

from typing import Any, NamedTuple

from workbench.streams import query
from workbench.streams.pace import ALLOWED as PACES
from workbench.streams.subscription import LOG_TYPES

_FRAME = "[1-9][0-9]{0,3}[MHDW]"
RUN_ID = "backtest_20240211_123456"


class Parameter(NamedTuple):
    """A query parameter.

    Attributes
    ----------
    name
        As in the address.
    description
        What it does, in a sentence or two.
    schema
        JSON Schema of its value, with its default.
    example
        A value as it stands in an address.
    """

    name: str
    description: str
    schema: dict[str, Any]
    example: str = ""


def _types(description: str) -> Parameter:
    alternatives = "|".join(LOG_TYPES)
    pattern = rf"^\s*({alternatives})\s*(,\s*({alternatives})\s*)*$"
    return Parameter("types", description, {"type": "string", "pattern": pattern}, "trade,complete")


def _number(name: str, description: str, bounds: tuple[float, float], example: str) -> Parameter:
    lowest, highest = bounds
    schema = {"type": "number", "minimum": lowest, "maximum": highest}
    return Parameter(name, description, schema, example)


def _flag(name: str, description: str) -> Parameter:
    schema = {"type": "string", "enum": ["0", "1", "false", "true"], "default": "0"}
    return Parameter(name, description, schema, "1")


def _count(name: str, description: str, default: int, lowest: int, highest: int) -> Parameter:
    schema = {"type": "integer", "minimum": lowest, "default": default}
    return Parameter(name, f"{description} At most {highest} are given.", schema, str(default))


STREAM = (
    Parameter(
        "since",
        "Send what comes after this seq; with `epoch`, a resume. What cannot be served is "
        "answered by `gap`.",
        {"type": "integer", "minimum": 0, "maximum": 10**16 - 1, "default": 0},
        "1234",
    ),
    Parameter(
        "epoch", "The `epoch` of `connected` under which `since` was read.", {"type": "string"}
    ),
    Parameter(
        "from",
        "`now` skips what is there already.",
        {"type": "string", "enum": ["start", "now"], "default": "start"},
        "now",
    ),
    _types("Only these message types, separated by commas."),
    Parameter(
        "format",
        "`columns` merges equity points between two other messages into one `equity_columns`.",
        {"type": "string", "enum": ["messages", "columns"], "default": "messages"},
        "columns",
    ),
    _flag("batch", "Several messages in one frame, as a JSON array."),
    _number("max_rate", "Be written to so many times a second at most.", query.RATE, "5"),
    _number("heartbeat", "Seconds between two `heartbeat` messages.", query.HEARTBEAT_S, "1"),
    _flag("replay", "Tell a run's story again from its log, at a pace."),
    Parameter(
        "speed",
        f"The pace of a replay: {PACES}.",
        {"type": "string", "pattern": r"^(max|[0-9.eE+]+x?)$", "default": "0"},
        "3600x",
    ),
)
"""What a subscriber may ask for, see `workbench.streams.query`."""

MARKET = (
    *(each for each in STREAM if each.name in query.MARKET_PARAMETERS),
    Parameter(
        "timeframes",
        "Only candles of these timeframes, and what was found on them, separated by commas.",
        {"type": "string", "pattern": rf"^\s*{_FRAME}\s*(,\s*{_FRAME}\s*)*$"},
        "1M,1H",
    ),
    Parameter(
        "wake",
        "`0` reads what is told without starting the feed where it does not run.",
        {"type": "string", "enum": ["0", "1", "false", "true"], "default": "1"},
        "0",
    ),
)
"""What a subscriber of a market may ask for."""

LIVE = (
    *(each for each in STREAM if each.name in query.LIVE_PARAMETERS),
    Parameter(
        "symbols",
        "Only positions and orders of these symbols, and risk and profit of the sessions that "
        "trade one of them, separated by commas.",
        {"type": "string", "pattern": r"^\s*[A-Za-z0-9_./:-]+\s*(,\s*[A-Za-z0-9_./:-]+\s*)*$"},
        "BTC-USD,ETH-USD",
    ),
    Parameter("session", "Only this session.", {"type": "string"}, "live_20260511_071500"),
)
"""What a subscriber of live trading may ask for."""

PUBLISHER = (
    Parameter(
        "obeyed",
        "The `seq` of the last command obeyed; `hello` tells those after it.",
        {"type": "integer", "minimum": 0, "maximum": 10**16 - 1, "default": 0},
        "231",
    ),
)
"""What a producer says when it comes in."""

LIMIT = Parameter(
    "limit", "The newest so many.", {"type": "integer", "minimum": 1, "default": 100}, "100"
)
EVENTS = (
    Parameter(
        "since",
        "Only what comes after this seq; one beyond the log is refused.",
        {"type": "integer", "minimum": 0, "default": 0},
    ),
    _count("limit", "So many messages.", 10_000, 1, 10_000),
    _types("Only these message types; `limit` counts no others."),
)
CANDLES = (
    Parameter(
        "timeframe",
        "One of the run's; absent: its first.",
        {"type": "string", "pattern": "^[1-9][0-9]{0,3}[MHDW]$"},
        "1H",
    ),
    Parameter("start", "From here: ISO 8601, UTC.", {"type": "string"}, "2024-01-15T08:00:00Z"),
    Parameter("end", "Up to here, exclusive.", {"type": "string"}, "2024-01-16"),
    Parameter(
        "symbol",
        "Of a live session: one of its symbols; absent: its first.",
        {"type": "string"},
        "ETH-USD",
    ),
    _count("max_points", "Merge to so many, every extreme kept.", 4000, 2, 20_000),
)
FEED_CANDLES = (
    Parameter(
        "timeframe",
        "One of the feed's; absent: its shortest.",
        {"type": "string", "pattern": "^[1-9][0-9]{0,3}[MHDW]$"},
        "15M",
    ),
    _count("limit", "The last so many.", 1000, 1, 20_000),
)
