"""The WebSockets as an AsyncAPI 3.0 document."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from workbench import __version__
from workbench.contract import examples, parameters, wording
from workbench.contract.parameters import Parameter
from workbench.contract.schemas import Schema, components
from workbench.messages import MESSAGE_TYPES
from workbench.messages.requests import ControlRequest, Ping

SCHEMAS = "#/components/schemas/"
STREAM_PATH = "/api/ws/stream/backtest/{backtest_id}"
PUBLISH_PATH = "/api/ws/publish/{backtest_id}"
_DESCRIPTION = (
    "Every run is an append-only, numbered log of messages; a subscriber reads it from a "
    "position, then live. So is every market, but for a log that keeps a window, and what all "
    "live sessions trade.\n\n" + wording.UNITS
)
MARKET_PATH = "/api/ws/stream/market-data/{symbol}"
_MARKET = {
    "symbol": {"description": "A symbol (`BTC-USD`; `btc/usd` finds it), or the name of a feed."}
}
LIVE_PATH = "/api/ws/stream/live-trading"
_OF_LIVE = frozenset({"position", "order", "risk", "pnl"})
_OF_MARKETS = frozenset({"candle", "pattern", "structure", "confluence", "feed", "data_gap"})
_OF_ALL = frozenset({"connected", "pong", "gap", "heartbeat", "shutdown", "error"})
_RUN = {"backtest_id": {"description": "The `backtest_id` of the start reply."}}


def document() -> Schema:
    """Return the document."""
    told = [
        _message(kind, cls.__name__, examples.of_message(kind), cls.delivery.value)
        for kind, cls in MESSAGE_TYPES.items()
    ]
    asked = [
        _message(
            f"request_{kind}",
            cls.__name__,
            {name: examples.plain(each) for name, each in examples.REQUESTS.items()
             if isinstance(each, cls)},
        )
        for kind, cls in (("ping", Ping), ("control", ControlRequest))
    ]  # fmt: skip
    batch = _message("publish_batch", "Batch", {"batch": examples.plain(examples.BATCH)})
    answers = [
        _message(f"publish_{name}", type(each).__name__, {name: examples.plain(each)})
        for name, each in examples.PUBLISHING.items()
    ]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{wording.TITLE}: streams",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": wording.LICENSE,
        },
        "servers": {
            "jupyter": {
                "host": "localhost:8888",
                "protocol": "ws",
                "description": "A Jupyter server with the extension; `wss` where it has TLS. "
                "All addresses are below its base URL.",
            }
        },
        "defaultContentType": "application/json",
        "channels": {
            "backtest": _channel(
                STREAM_PATH,
                "A run's story, from the start or a position, then live; one message a frame, or "
                "an array with `batch=1`. After `complete` or `error` the socket closes. Without a "
                "token or a login the handshake is refused with 403; a stream that is not there is "
                "answered by `error` and close code 4404.",
                [*_some(told, MESSAGE_TYPES.keys() - _OF_MARKETS), *asked],
                parameters.STREAM,
            ),
            "market": _channel(
                MARKET_PATH,
                "What a market does and what is seen in it: what the log holds, then live. Its "
                "feed runs while there are subscribers. A candle that grows, and what is seen in "
                "it, is told as state; what is final, as an event, once. After `error` the socket "
                "closes; the next subscriber begins a fresh log. An unknown symbol is answered by "
                "`error` and close code 4404. Only `ping` is answered.",
                [*_some(told, _OF_MARKETS | _OF_ALL), asked[0]],
                parameters.MARKET,
                _MARKET,
            ),
            "live": _channel(
                LIVE_PATH,
                "What all live sessions trade. Who comes without a position is told first what "
                "holds: positions, open orders, the latest risk and profit of each session that "
                "goes on, as the messages that told it, up to seq `snapshot` of `connected`; then "
                "all that happens. Who comes back with `since` and `epoch` is told what came after "
                "that instead. Every message names its session. A `control` names the session it "
                "means, and needs the right `execute`.",
                [*_some(told, _OF_LIVE | _OF_ALL), *asked],
                parameters.LIVE,
                {},
            ),
            "publish": _channel(
                PUBLISH_PATH,
                "Where a producer comes in. The server says `hello` first; the producer sends "
                "batches it has numbered itself; each is answered by `ack` once it is in the log. "
                "After a reconnect, what was not acknowledged is sent again. Without the run's "
                "publish token the handshake is refused with 403, and with 410 where there is no "
                "such run.",
                [batch, *answers],
                parameters.PUBLISHER,
            ),
        },
        "operations": {
            "tellStory": _operation(
                "send", "backtest", _some(told, MESSAGE_TYPES.keys() - _OF_MARKETS),
                "Tell a run's story.", _LOGINS,
            ),
            "tellMarket": _operation(
                "send", "market", _some(told, _OF_MARKETS | _OF_ALL), "Tell what a market does.",
                _LOGINS,
            ),
            "tellTrading": _operation(
                "send", "live", _some(told, _OF_LIVE | _OF_ALL), "Tell what the sessions trade.",
                _LOGINS,
            ),
            "hearTrader": _operation(
                "receive", "live", asked,
                "Answer a ping, or pass stop, flatten, pause_entries or resume_entries on to the "
                "session that is named.",
                _LOGINS,
            ),
            "hearPing": _operation("receive", "market", asked[:1], "Answer a ping.", _LOGINS),
            "hearRequest": _operation(
                "receive", "backtest", asked,
                "Answer a ping, or pass a control on; a control needs the right `execute`.",
                _LOGINS,
            ),
            "takeBatch": _operation(
                "receive", "publish", [batch], "Append a batch to the run's log.", _PUBLISH
            ),
            "answerProducer": _operation(
                "send", "publish", answers, "Acknowledge, refuse, or command.", _PUBLISH
            ),
        },
        "components": {
            "messages": {each["name"]: each for each in [*told, *asked, batch, *answers]},
            "schemas": _schemas(),
            "securitySchemes": {
                **{name: {"type": "httpApiKey", **each} for name, each in wording.SECURITY.items()},
                "publish": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that may publish this one run and nothing else.",
                },
            },
        },
        "x-close-codes": wording.close_codes(),
        "x-error-codes": wording.error_codes(),
        "x-delivery-classes": wording.DELIVERY,
    }  # fmt: skip


_LOGINS = ("token", "login")
_PUBLISH = ("publish",)


def _some(messages: list[dict[str, Any]], names: AbstractSet[str]) -> list[dict[str, Any]]:
    return [each for each in messages if each["name"] in names]


def _message(
    name: str, struct: str, shown: dict[str, Any], delivery: str | None = None
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name,
        "title": struct,
        "payload": {"$ref": SCHEMAS + struct},
        "examples": [{"name": title, "payload": payload} for title, payload in shown.items()],
    }
    return made if delivery is None else {**made, "x-delivery": delivery}


def _channel(
    address: str,
    description: str,
    messages: list[dict[str, Any]],
    query: tuple[Parameter, ...],
    places: dict[str, Any] = _RUN,
) -> dict[str, Any]:
    asked = {each.name: {**each.schema, "description": each.description} for each in query}
    return {
        "address": address,
        "description": description,
        "parameters": places,
        "messages": {
            each["name"]: {"$ref": f"#/components/messages/{each['name']}"} for each in messages
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": asked},
                "bindingVersion": "0.1.0",
            }
        },
    }


def _operation(
    action: str,
    channel: str,
    messages: list[dict[str, Any]],
    summary: str,
    security: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [
            {"$ref": f"#/channels/{channel}/messages/{each['name']}"} for each in messages
        ],
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in security],
    }


def _schemas() -> dict[str, Schema]:
    """Return the schemas the messages need, in AsyncAPI's dialect."""
    found = components(SCHEMAS)
    needed: dict[str, Schema] = {}
    waiting = ["Frame", "ClientMessage", "PublishReply", "Batch"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = _dialect(found[name], waiting)
    return {name: schema for name in found if (schema := needed.get(name)) is not None}


def _dialect(value: Any, seen: list[str]) -> Any:
    """Leave out what AsyncAPI writes otherwise, and note what is referred to."""
    if isinstance(value, list):
        return [_dialect(item, seen) for item in value]
    if not isinstance(value, dict):
        return value
    target = value.get("$ref", "")
    if isinstance(target, str) and target.startswith(SCHEMAS):
        seen.append(target.removeprefix(SCHEMAS))
    # A discriminator is OpenAPI's object here and would have to be a name in AsyncAPI.
    return {key: _dialect(item, seen) for key, item in value.items() if key != "discriminator"}
